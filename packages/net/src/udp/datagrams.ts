import {
  type DatagramAddresses,
  destinationAddress,
  sourceAddress,
} from '../address/address-words.ts'
import { plausibleStamp } from '../clock/clock.ts'

/** Where a datagram goes. */
export interface Destination {
  /** Numeric; a link-local one with its zone. An IPv4 address goes out of a dual-stack socket as well. */
  address: string
  /** 1 to 65,535; 0 cannot be sent to. */
  port: number
  /** The address it leaves from, one of this host; without it the routes decide. */
  source?: string | undefined
}

/**
 * Datagrams that came in together: as many as one recvmmsg(2) gave, or one. By index, 0 to `count` - 1; all of it is
 * good until the handler returns.
 */
export interface Datagrams extends DatagramAddresses {
  readonly count: number
  /** The payload where it is, not copied. */
  bytes(index: number): Buffer
  /** Bytes of payload; those that fitted, when it is `truncated`. */
  length(index: number): number
  /** Whether it was longer than the memory for it. */
  truncated(index: number): boolean
  /** The index of the interface it came in by; 0 when it is not known. */
  interfaceIndex(index: number): number
  /** TTL (IPv4) or hop limit (IPv6) as it arrived; -1 when it is not known. */
  hopLimit(index: number): number
  /** Type of service (IPv4) or traffic class (IPv6) as it arrived: DSCP and ECN; -1 when it is not known. */
  trafficClass(index: number): number
  /** When the kernel received it, in nanoseconds since 1970; 0n when it is not known. */
  timestampNanos(index: number): bigint
  /** How many the kernel had dropped for want of room when it queued this one, modulo 2^32; 0 when not known. */
  kernelDrops(index: number): number
}

/** Where an answer goes that is given later, when the datagram is no more. */
export function returnPath(datagrams: Datagrams, index: number): Destination {
  return {
    address: sourceAddress(datagrams, index) ?? '',
    port: datagrams.sourcePort(index),
    source: destinationAddress(datagrams, index),
  }
}

/**
 * When a datagram came in, in nanoseconds since 1970: when the kernel received it, where that is known.
 *
 * @param nowNanos the wall clock
 */
export function receiveTime(datagrams: Datagrams, index: number, nowNanos: bigint): bigint {
  return plausibleStamp(datagrams.timestampNanos(index), nowNanos)
}
