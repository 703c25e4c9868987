import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'

import type { Route, TransportAddress } from '../core/transport-address.ts'

/** Holds some thousand packets that arrive while the process is busy. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

/** node:dgram queues without bound; a packet too many is dropped like any the network loses. */
const MAXIMUM_QUEUED_SENDS = 1000

export interface UdpSocketOptions {
  /** Takes a packet, and where it came from and to. */
  onDatagram: (bytes: Uint8Array, from: Route) => void
  setDontFragment?: SetDontFragment | undefined
}

/**
 * Keeps IP from fragmenting what a socket sends from now on, whatever path MTU the kernel believes in, or no longer.
 * (Linux: IP_MTU_DISCOVER with IP_PMTUDISC_PROBE or IP_PMTUDISC_DONT, ip(7), which node:dgram does not offer.)
 */
export type SetDontFragment = (socket: Socket, isForbidden: boolean) => void

/** A UDP socket at one address of ours, which carries SCTP packets (RFC 6951). */
export class UdpSocket {
  readonly #socket: Socket
  readonly #setDontFragment: SetDontFragment
  /** Packets that were not sent because the socket's queue was full. */
  dropped = 0
  #closed: Promise<unknown> | undefined

  private constructor(socket: Socket, setDontFragment: SetDontFragment) {
    this.#socket = socket
    this.#setDontFragment = setDontFragment
    setDontFragment(socket, true)
  }

  /**
   * Binds a socket to a numeric address and a UDP port; 0 picks a free one.
   * @throws {Error} of node:dgram, with `code`, when that fails
   */
  static async open(
    at: TransportAddress,
    { onDatagram, setDontFragment = () => undefined }: UdpSocketOptions,
  ): Promise<UdpSocket> {
    const ipv6 = isIPv6(at.address)
    const socket = createSocket({
      type: ipv6 ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER_BYTES,
      // Addresses are numeric: without this, node:dgram would look every one up on a later tick.
      lookup: (address, _options, callback) => callback(null, address, ipv6 ? 6 : 4),
    })
    const listening = once(socket, 'listening')
    socket.bind(at.port, at.address)
    await listening
    // What a network cannot deliver is repeated by SCTP until it counts as lost.
    socket.on('error', () => undefined)
    const local = at.address
    socket.on('message', (bytes, { address, port }) => onDatagram(bytes, { address, port, local }))
    return new UdpSocket(socket, setDontFragment)
  }

  /** The UDP port. */
  get port(): number {
    return this.#socket.address().port
  }

  /** Sends one packet, or drops it when too many wait; only `in-fragments` it may be fragmented. */
  send(
    packet: Uint8Array,
    { address, port }: TransportAddress,
    how: 'whole' | 'in-fragments',
  ): void {
    if (this.#closed || port === 0 || this.#socket.getSendQueueCount() > MAXIMUM_QUEUED_SENDS) {
      this.dropped += 1
      return
    }
    // node:dgram sends at once unless packets are queued: then these are lost, like any, and repeated.
    if (how === 'in-fragments') this.#setDontFragment(this.#socket, false)
    this.#socket.send(packet, port, address)
    if (how === 'in-fragments') this.#setDontFragment(this.#socket, true)
  }

  /** Releases the port; what is sent from now on is dropped. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = once(this.#socket, 'close')
      this.#socket.close()
    }
    await this.#closed
  }
}
