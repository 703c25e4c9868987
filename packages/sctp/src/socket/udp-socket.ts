import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'

import { type PathOptions, setPathOptions } from '@sockyard/net/connect'
import { nativeCallsWork, SystemCallError } from '@sockyard/posix/ffi'
import { setSocketOption } from '@sockyard/posix/options'

import type { Route, TransportAddress } from '../paths/transport-address.ts'

/** Holds some thousand packets that arrive while the process is busy. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

/** node:dgram queues without bound; a packet too many is dropped like any the network loses. */
const MAXIMUM_QUEUED_SENDS = 1000

export interface UdpSocketOptions {
  /** Takes a packet, and where it came from and to. */
  onDatagram: (bytes: Uint8Array, from: Route) => void
  /** How packets leave: interface, TTL and DSCP. */
  path?: PathOptions | undefined
}

/** ip(7): IP_PMTUDISC_DONT, and IP_PMTUDISC_PROBE, which does not ask what the kernel thinks of the path. */
const FRAGMENT = 0
const DO_NOT_FRAGMENT = 3

/** Every IPv6 link carries this (RFC 8200 section 5); 0: as the interface. */
const SMALLEST_IPV6_MTU = 1280

/** Keeps IP from fragmenting what a socket sends from now on, whatever path MTU the kernel believes in, or no longer. */
function setDontFragment(socket: Socket, isForbidden: boolean): void {
  const mode = isForbidden ? DO_NOT_FRAGMENT : FRAGMENT
  if (socket.address().family === 'IPv4') return setSocketOption(socket, 'IP_MTU_DISCOVER', mode)
  setSocketOption(socket, 'IPV6_MTU_DISCOVER', mode)
  // Routers fragment IPv4 only.
  setSocketOption(socket, 'IPV6_MTU', isForbidden ? 0 : SMALLEST_IPV6_MTU)
}

/** Without it no path MTU can be discovered: false where koffi is missing, or the kernel has no such option. */
function forbidFragments(socket: Socket): boolean {
  if (!nativeCallsWork()) return false
  try {
    setDontFragment(socket, true)
    return true
  } catch (error) {
    if (error instanceof SystemCallError) return false
    throw error
  }
}

/**
 * A UDP socket at one address of ours, which carries SCTP packets (RFC 6951). It is none of `packages/net`:
 * docs/architecture.md says why.
 */
export class UdpSocket {
  readonly #socket: Socket
  /** Are packets kept from being fragmented, so that the path MTU can be discovered? */
  readonly sendsWhole: boolean
  /** Packets that were not sent because the socket's queue was full. */
  dropped = 0
  #closed: Promise<unknown> | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    this.sendsWhole = forbidFragments(socket)
  }

  /**
   * Binds a socket to a numeric address and a UDP port; 0 picks a free one.
   * @throws {Error} of node:dgram, with `code`, when that fails
   */
  static async open(
    at: TransportAddress,
    { onDatagram, path }: UdpSocketOptions,
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
    if (path !== undefined) setPathOptions(socket, ipv6 ? 6 : 4, path)
    // What a network cannot deliver is repeated by SCTP until it counts as lost.
    socket.on('error', () => undefined)
    const local = at.address
    socket.on('message', (bytes, { address, port }) => onDatagram(bytes, { address, port, local }))
    return new UdpSocket(socket)
  }

  /** The address and UDP port it is bound to. */
  get local(): TransportAddress {
    return this.#socket.address()
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
    const fragments = how === 'in-fragments' && this.sendsWhole
    if (fragments) setDontFragment(this.#socket, false)
    this.#socket.send(packet, port, address)
    if (fragments) setDontFragment(this.#socket, true)
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
