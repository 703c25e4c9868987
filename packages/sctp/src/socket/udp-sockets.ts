import { AddressSockets } from '@sockyard/net/udp'

import type { Route } from '../paths/transport-address.ts'
import { UdpSocket, type UdpSocketOptions } from './udp-socket.ts'

export interface UdpSocketsOptions extends UdpSocketOptions {
  /** Numeric address; `::` and `0.0.0.0` are every one of ours. */
  host: string
  /** UDP port; 0 picks one that is free at every address. */
  port: number
}

/**
 * A UDP socket at each of our addresses, as ntpd and BIND have them. One at the wildcard address would not do:
 * node:dgram does not say which address a packet came to, so no cookie could be bound to it, and the
 * answer would leave from the address that routing prefers, which a peer that asked another does not know. What no
 * interface lists, such as 127.0.0.2, has to be named as the host.
 */
export class UdpSockets {
  readonly #sockets: AddressSockets<UdpSocket>
  /** By addresses that are gone. */
  readonly #gone: { dropped: number }

  private constructor(sockets: AddressSockets<UdpSocket>, gone: { dropped: number }) {
    this.#sockets = sockets
    this.#gone = gone
  }

  /** @throws {NetworkError} when the port is taken (AddressInUseError), or the address is not ours */
  static async open({ host, port, ...options }: UdpSocketsOptions): Promise<UdpSockets> {
    const gone = { dropped: 0 }
    const sockets = await AddressSockets.open({
      host,
      port,
      bind: (address, bound) => UdpSocket.open({ address, port: bound }, options),
      async close(socket) {
        await socket.close()
        gone.dropped += socket.dropped
      },
    })
    return new UdpSockets(sockets, gone)
  }

  get port(): number {
    return this.#sockets.port
  }

  /** Are packets kept from being fragmented at every address? */
  get sendWhole(): boolean {
    return [...this.#sockets.byAddress.values()].every(({ sendsWhole }) => sendsWhole)
  }

  /** Those that are served now. */
  get addresses(): string[] {
    return [...this.#sockets.byAddress.keys()]
  }

  /** Packets that were not sent: too many were waiting, or the address they leave from is gone. */
  get dropped(): number {
    const open = [...this.#sockets.byAddress.values()]
    return open.reduce((sum, { dropped }) => sum + dropped, this.#gone.dropped)
  }

  /** Sends one packet from the address that its receiver knows. */
  send(packet: Uint8Array, to: Route, how: 'whole' | 'in-fragments'): void {
    const socket = this.#sockets.byAddress.get(to.local)
    if (socket) socket.send(packet, to, how)
    else this.#gone.dropped += 1
  }

  /** Looks which addresses have come and gone. */
  refresh(): Promise<void> {
    return this.#sockets.follow()
  }

  /** Releases the port at every address. */
  close(): Promise<void> {
    return this.#sockets.close()
  }
}
