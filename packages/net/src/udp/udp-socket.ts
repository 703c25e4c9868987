import type { AncillaryField } from '@sockyard/posix/datagram'
import type { SocketTarget } from '@sockyard/posix/socket'

import type { LogTarget } from '../log/limited-log.ts'
import type { Datagrams, Destination } from './datagrams.ts'
import type { PeerTable } from './peer-table.ts'
import type { UdpCounters } from './udp-counters.ts'

/** A bound UDP socket, over recvmmsg(2) and sendmmsg(2) or over node:dgram. */
export interface UdpSocket {
  /** Numeric, and the port it has. */
  readonly local: { readonly address: string; readonly port: number }
  /** For options of the socket. */
  readonly target: SocketTarget
  /** Sends a datagram back to where it came from, from the address it was sent to. */
  echo(datagrams: Datagrams, index: number): void
  /**
   * Sends an answer to where a datagram came from, from the address it was sent to. What cannot be sent now is dropped
   * and counted: nothing waits, and nothing is thrown.
   *
   * @param answer at most 65,507 bytes (IPv4) or 65,527 (IPv6), not to be changed afterwards; a function is called
   *   when all else is ready, and what it gives is sent at once: for an answer that holds the time of its own sending
   */
  reply(datagrams: Datagrams, index: number, answer: Uint8Array | (() => Uint8Array)): void
  /**
   * As `reply`, to any address. Never looks a name up.
   *
   * @returns why it was not sent: an errno's name, `port-zero`, `queue-full` or `closed`; undefined when it was, or
   *   when that is known later only (node:dgram)
   */
  send(answer: Uint8Array | (() => Uint8Array), to: Destination): string | undefined
}

/** Takes datagrams; `socket` is where they came in, and good for answers later on too. */
export type OnDatagrams = (datagrams: Datagrams, socket: UdpSocket) => void

/** By what an engine opens the sockets of one server. */
export interface UdpSettings {
  /** 0 picks a free one. */
  readonly port: number
  /** An address or a name of this host; without it every address. */
  readonly host: string | undefined
  readonly family: 4 | 6 | undefined
  /** The socket that this process was started with. */
  readonly passed: PassedUdpSocket | undefined
  readonly receiveBufferBytes: number
  /** Of node:dgram: datagrams that may wait to be sent. */
  readonly maximumQueue: number
  /** Of recvmmsg(2): what is longer is truncated. */
  readonly maximumDatagramBytes: number | undefined
  /** Further ancillary data of each datagram, where the native engine runs. */
  readonly ancillary: readonly AncillaryField[]
  readonly log: LogTarget
  readonly counters: UdpCounters
  readonly peers: PeerTable
  readonly onDatagrams: OnDatagrams
}

/** A bound socket that another program opened. */
interface PassedUdpSocket {
  readonly descriptor: { release(): number }
  readonly family: 'IPv4' | 'IPv6'
}

/** The open sockets of one server. */
export interface OpenSockets {
  /** Numeric; the wildcard address where every address is listened to. */
  readonly address: string
  readonly port: number
  /** Those that are open now. */
  readonly sockets: Iterable<UdpSocket>
  /** Of those that are open now, dropped for want of buffer. */
  kernelDrops(): number | Promise<number>
  /** Receives no more, sends what waits as long as `drained` is not aborted, and closes. */
  stop(drained: AbortSignal): Promise<void>
}
