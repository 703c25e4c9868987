import type { Socket } from 'node:dgram'

import type { ReceivedDatagrams } from '@sockyard/posix/datagram'
import { inetNtop, type NativeSocket } from '@sockyard/posix/socket'

import { splitZone } from '../address/addresses.ts'
import { plausibleStamp } from '../clock/clock.ts'
import type { Engine } from '../engine/choose-engine.ts'
import type { LogTarget } from '../log/limited-log.ts'
import type { UdpCounters } from '../udp/udp-counters.ts'
import type { GroupInterface } from './interfaces.ts'

/** A group, and where there are any, the only sources it is received from (RFC 4607). */
export interface MulticastGroup {
  /** A multicast address, IPv4 or IPv6, without a zone id. */
  readonly address: string
  readonly sources?: readonly string[]
}

/** One group, or broadcast address, on one interface. */
export interface GroupMembership {
  readonly group: string
  readonly interface: string
}

/**
 * Takes what came in at once; all of it is good until this returns. Both engines call it: `native` with up to 128
 * datagrams, `node` with one, whose hop limit is not known (-1).
 */
export type OnBatch = (received: ReceivedDatagrams, at: GroupMembership) => void

/** What every receiving socket of a service shares. */
export interface ReceiveContext {
  readonly engine: Engine
  readonly port: number
  /** SO_RCVBUF of each socket. */
  readonly receiveBufferBytes: number
  readonly log: LogTarget
  readonly counters: UdpCounters
  readonly onBatch: OnBatch
}

/** A socket bound to one group or broadcast address on one interface, whose datagrams go to `onBatch`. */
export interface ReceiveSocket {
  /** For `getSocketOption`. */
  readonly target: NativeSocket | Socket
  /** Datagrams the kernel dropped on it because the buffer was full; absent where the engine does not know. */
  kernelDrops?(): number
  /** @throws {Error} a system error, such as ENOBUFS or ENODEV */
  join(group: MulticastGroup): void
  /** @throws {Error} when the interface is gone, and the membership with it */
  leave(group: MulticastGroup): void
  /** Resolves when the descriptor is closed; nothing is received any more. */
  close(): Promise<void>
}

/**
 * Opens sockets of one engine.
 *
 * @throws {SystemCallError} or Node's own error, when it cannot be bound: ENODEV, EADDRINUSE, EADDRNOTAVAIL
 */
export type OpenReceiver = (address: string, on: GroupInterface) => Promise<ReceiveSocket>

/** Where a datagram came from, to which group it was sent, on which interface it came in, and when. */
export interface GroupDatagramSource extends GroupMembership {
  /** A link-local address has its zone, as in `fe80::1%eth0`. */
  readonly address: string
  readonly port: number
  /** When the kernel received it, in nanoseconds since 1970; without native calls, when it was read. */
  readonly receivedAt: bigint
}

/** An `OnBatch` for a service that looks at each datagram by itself. @param onDatagram gets a copy of the bytes */
export function eachDatagram(
  onDatagram: (bytes: Buffer, source: GroupDatagramSource) => void,
): OnBatch {
  return (received, at) => {
    for (let index = 0; index < received.count; index += 1) {
      const address = sourceText(received, index, at.interface)
      const port = received.sourcePort(index)
      const receivedAt = plausibleStamp(received.timestampNanos(index))
      onDatagram(Buffer.from(received.bytes(index)), { address, port, ...at, receivedAt })
    }
  }
}

/** The source's address as text; a link-local one with the interface it came in by as its zone. */
export function sourceText(received: ReceivedDatagrams, index: number, name: string): string {
  const { bytes } = received.source(index) ?? { bytes: new Uint8Array(4) }
  const zone = received.sourceScope(index) === 0 ? '' : `%${name}`
  return `${inetNtop(bytes)}${zone}`
}

type Place = Pick<GroupInterface, 'name' | 'index'>

/** Whether a source of the group is said to be on this interface, by its zone. */
export function hasZoneOf({ sources = [] }: MulticastGroup, on: Place): boolean {
  return sources.some((source) => {
    const [, zone] = splitZone(source)
    return zone !== undefined && isZone(zone, on)
  })
}

function isZone(zone: string, { name, index }: Place): boolean {
  return zone === name || zone === String(index)
}

/** Those of a group's sources that can be on this interface (a zone says so); undefined: from any source. */
export function sourcesOn({ sources = [] }: MulticastGroup, on: Place): string[] | undefined {
  if (sources.length === 0) return undefined
  return sources.flatMap((source) => {
    const [address, zone = on.name] = splitZone(source)
    return isZone(zone, on) ? [address] : []
  })
}
