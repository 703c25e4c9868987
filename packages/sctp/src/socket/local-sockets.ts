import type { Route } from '../core/transport-address.ts'
import { isWildcard, localAddresses } from './local-addresses.ts'
import { openSockets } from './open-sockets.ts'
import type { OpenSockets, OpenSocketsOptions } from './open-sockets.ts'
import { UdpSocket } from './udp-socket.ts'

/** A new address is served, and one that vanished is let go, within this. */
const LOOK_EVERY_MILLIS = 2000

/**
 * A UDP socket at each of our addresses, as ntpd and BIND have them. One at the wildcard address would not do:
 * node:dgram does not say which address a packet came to, so no cookie could be bound to it, and the
 * answer would leave from the address that routing prefers, which a peer that asked another does not know. (The
 * kernel tells by IP_PKTINFO, but only to recvmsg(2), which node:dgram does not offer: calling it takes a
 * native library and a thread to wait in.) What no interface lists, such as 127.0.0.2, has to be named as
 * the host.
 */
export class LocalSockets {
  readonly port: number
  readonly #options: OpenSocketsOptions
  readonly #sockets: Map<string, UdpSocket>
  readonly #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #isClosed = false
  #dropped = 0

  private constructor(options: OpenSocketsOptions, { port, byAddress }: OpenSockets) {
    this.#options = options
    this.#sockets = byAddress
    this.port = port
    if (!isWildcard(options.host)) return
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MILLIS).unref()
  }

  /** @throws {Error} of node:dgram, with `code`, when the port is taken, or the address is not ours */
  static async open(options: OpenSocketsOptions): Promise<LocalSockets> {
    return new LocalSockets(options, await openSockets(options))
  }

  /** Those that are served now. */
  get addresses(): string[] {
    return [...this.#sockets.keys()]
  }

  /** Packets that were not sent: too many were waiting, or the address they leave from is gone. */
  get dropped(): number {
    return [...this.#sockets.values()].reduce((sum, { dropped }) => sum + dropped, this.#dropped)
  }

  /** Sends one packet from the address that its receiver knows. */
  send(packet: Uint8Array, to: Route, how: 'whole' | 'in-fragments'): void {
    const socket = this.#sockets.get(to.local)
    if (socket) socket.send(packet, to, how)
    else this.#dropped += 1
  }

  /** Looks which addresses have come and gone. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const present = new Set(localAddresses(this.#options.host))
    for (const address of this.addresses) if (!present.has(address)) await this.#leave(address)
    for (const address of present) if (!this.#sockets.has(address)) await this.#serve(address)
  }

  async #leave(address: string): Promise<void> {
    const socket = this.#sockets.get(address)
    this.#sockets.delete(address)
    this.#dropped += socket?.dropped ?? 0
    await socket?.close()
  }

  /** What cannot be bound now, an address that is still being checked (RFC 4862), say, is tried again. */
  async #serve(address: string): Promise<void> {
    const opening = UdpSocket.open({ address, port: this.port }, this.#options)
    const socket = await opening.catch(() => undefined)
    if (this.#isClosed) await socket?.close()
    else if (socket) this.#sockets.set(address, socket)
  }

  /** Releases the port at every address. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#looking
    await Promise.all(this.addresses.map((address) => this.#leave(address)))
  }
}
