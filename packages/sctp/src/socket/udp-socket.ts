import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'

import type { TransportAddress } from '../core/transport-address.ts'

/** Holds some thousand packets that arrive while the process is busy. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

/** node:dgram queues without bound; a packet too many is dropped like any the network loses. */
const MAXIMUM_QUEUED_SENDS = 1000

const MAPPED = '::ffff:'

export interface UdpSocketOptions {
  /** Numeric address to bind. */
  host: string
  /** UDP port; 0 picks a free one. */
  port: number
}

/**
 * A UDP socket that carries SCTP packets (RFC 6951). Bound to `::` it serves IPv4 too; peers then
 * have their IPv4 addresses in dotted form, not mapped into IPv6.
 */
export class UdpSocket {
  readonly #socket: Socket
  readonly #mapped: boolean
  onDatagram: (bytes: Uint8Array, from: TransportAddress) => void = () => undefined
  /** Packets that were not sent because the socket's queue was full. */
  dropped = 0
  #closed: Promise<unknown> | undefined

  private constructor(socket: Socket, mapped: boolean) {
    this.#socket = socket
    this.#mapped = mapped
  }

  /** Binds a socket. @throws {Error} of node:dgram, with `code`, when that fails */
  static async open({ host, port }: UdpSocketOptions): Promise<UdpSocket> {
    const ipv6 = isIPv6(host)
    const socket = createSocket({
      type: ipv6 ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER_BYTES,
      // Addresses are numeric: without this, node:dgram would look every one up on a later tick.
      lookup: (address, _options, callback) => callback(null, address, ipv6 ? 6 : 4),
    })
    const listening = once(socket, 'listening')
    socket.bind(port, host)
    await listening
    // What a network cannot deliver is repeated by SCTP until it counts as lost.
    socket.on('error', () => undefined)
    const opened = new UdpSocket(socket, ipv6)
    socket.on('message', (bytes, from) => opened.onDatagram(bytes, peerOf(from)))
    return opened
  }

  address(): TransportAddress {
    const { address, port } = this.#socket.address()
    return { address, port }
  }

  /** Sends one packet, or drops it when too many wait. */
  send(packet: Uint8Array, { address, port }: TransportAddress): void {
    if (this.#closed || port === 0 || this.#socket.getSendQueueCount() > MAXIMUM_QUEUED_SENDS) {
      this.dropped += 1
      return
    }
    const to = this.#mapped && !address.includes(':') ? MAPPED + address : address
    this.#socket.send(packet, port, to)
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

const peerOf = ({ address, port }: RemoteInfo): TransportAddress =>
  address.startsWith(MAPPED) && address.includes('.')
    ? { address: address.slice(MAPPED.length), port }
    : { address, port }
