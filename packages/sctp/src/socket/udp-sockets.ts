import type { Route } from '../paths/transport-address.ts'
import { isWildcard, localAddresses } from './local-addresses.ts'
import { UdpSocket, type UdpSocketOptions } from './udp-socket.ts'

/** A new address is served, and one that vanished is let go, within this. */
const REFRESH_MILLIS = 2000

/**
 * A UDP socket at each of our addresses, as ntpd and BIND have them. One at the wildcard address would not do:
 * node:dgram does not say which address a packet came to, so no cookie could be bound to it, and the
 * answer would leave from the address that routing prefers, which a peer that asked another does not know. (The
 * kernel reports it by IP_PKTINFO, but only to recvmsg(2), which node:dgram does not call.) What no interface lists, such as 127.0.0.2, has to be named as
 * the host.
 */
export class UdpSockets {
  readonly port: number
  readonly #options: OpenSocketsOptions
  readonly #sockets: Map<string, UdpSocket>
  readonly #timer: NodeJS.Timeout | undefined
  #refreshing: Promise<void> | undefined
  #isClosed = false
  #dropped = 0

  private constructor(options: OpenSocketsOptions, { port, byAddress }: OpenSockets) {
    this.#options = options
    this.#sockets = byAddress
    this.port = port
    if (!isWildcard(options.host)) return
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MILLIS).unref()
  }

  /** @throws {Error} of node:dgram, with `code`, when the port is taken, or the address is not ours */
  static async open(options: OpenSocketsOptions): Promise<UdpSockets> {
    return new UdpSockets(options, await openSockets(options))
  }

  /** Are packets kept from being fragmented at every address? */
  get sendWhole(): boolean {
    return [...this.#sockets.values()].every(({ sendsWhole }) => sendsWhole)
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
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
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
    await this.#refreshing
    await Promise.all(this.addresses.map((address) => this.#leave(address)))
  }
}

/** Another process may hold at one address the port that was free at the first one. */
const ATTEMPTS = 10

export interface OpenSocketsOptions extends UdpSocketOptions {
  /** Numeric address; `::` and `0.0.0.0` are every one of ours. */
  host: string
  /** UDP port; 0 picks one that is free at every address. */
  port: number
}

/** Sockets at one port, by their addresses. */
export interface OpenSockets {
  port: number
  byAddress: Map<string, UdpSocket>
}

/** No interface that is up has an address of the family. */
class NoLocalAddressError extends Error {
  override name = 'NoLocalAddressError'
  readonly code = 'EADDRNOTAVAIL'

  constructor(host: string) {
    super(`no address here that ${host} stands for`)
  }
}

/** @throws {Error} of node:dgram, with `code`, when the port is taken, or the address is not ours */
async function openSockets(options: OpenSocketsOptions): Promise<OpenSockets> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(options)
    } catch (error) {
      const again = options.port === 0 && codeOf(error) === 'EADDRINUSE' && attempt < ATTEMPTS
      if (!again) throw error
    }
  }
}

/** The first socket settles the port of all. */
async function openOnce(options: OpenSocketsOptions): Promise<OpenSockets> {
  const { host } = options
  const opened: OpenSockets = { port: options.port, byAddress: new Map() }
  try {
    for (const address of localAddresses(host)) {
      const opening = UdpSocket.open({ address, port: opened.port }, options)
      const socket = await (isWildcard(host) ? unlessUnusable(opening) : opening)
      if (socket === undefined) continue
      opened.byAddress.set(address, socket)
      opened.port = socket.port
    }
  } catch (error) {
    await Promise.all([...opened.byAddress.values()].map((socket) => socket.close()))
    throw error
  }
  if (opened.byAddress.size === 0) throw new NoLocalAddressError(host)
  return opened
}

/** One of many addresses may have gone a moment ago, or is still being checked (RFC 4862). */
async function unlessUnusable(opening: Promise<UdpSocket>): Promise<UdpSocket | undefined> {
  return opening.catch((error: unknown) => {
    if (codeOf(error) === 'EADDRNOTAVAIL') return undefined
    throw error
  })
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error ? Reflect.get(error, 'code') : undefined
