import { networkInterfaces } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'

import { isSystemError, NetworkError, networkError, place } from '../errors/errors.ts'

/** A new address gets its socket, and one that vanished loses it, within this. */
const FOLLOW_MILLIS = 2_000
/** How many ports are tried where any will do: one may be free at the first address and taken at another. */
const PORTS = 10

const WILDCARDS: ReadonlySet<string> = new Set(['::', '0.0.0.0'])

/** Whether it stands for every address: `::` for both families, `0.0.0.0` for IPv4. */
export function isWildcard(host: string): boolean {
  return WILDCARDS.has(host)
}

/**
 * The addresses of this host that `host` stands for: itself, or with a wildcard those of all interfaces that are up.
 * Link-local ones have their interface behind them, as `fe80::1%eth0` (RFC 4007).
 *
 * @param family of a wildcard, those of one family only
 */
export function localAddresses(
  host: string,
  family: 4 | 6 | undefined,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): string[] {
  if (!isWildcard(host)) return [host]
  const only = host === '0.0.0.0' ? 4 : family
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter((each) => only === undefined || each.family === `IPv${only}`)
      .map((each) =>
        each.family === 'IPv6' && each.scopeid > 0 ? `${each.address}%${name}` : each.address,
      ),
  )
}

/** A socket that is bound to one address. */
interface BoundSocket {
  readonly local: { readonly port: number }
}

/** How such sockets are opened and closed. */
interface AddressSocketsOptions<Bound extends BoundSocket> {
  /** A numeric address; a wildcard stands for every one of this host. */
  host: string
  family?: 4 | 6 | undefined
  /** 0 picks one that is free at every address. */
  port: number
  bind: (address: string, port: number) => Promise<Bound>
  /** Called when the address of a socket has vanished, and when another one cannot be bound. */
  close: (socket: Bound) => Promise<void>
  /** An address that has come cannot be bound; called once, and tried again until it can. */
  onFailed?: (address: string, error: unknown) => void
}

/**
 * A socket at each address of this host, all at one port, for sockets that do not report the destination of a datagram:
 * answers leave from the address that was asked. Addresses that come and go are followed.
 */
export class AddressSockets<Bound extends BoundSocket> {
  readonly #options: AddressSocketsOptions<Bound>
  readonly #open = new Map<string, Bound>()
  /** What cannot be bound, so that each is reported once. */
  readonly #failed = new Set<string>()
  #port: number
  #timer: NodeJS.Timeout | undefined
  #following: Promise<void> | undefined
  #isClosed = false

  private constructor(options: AddressSocketsOptions<Bound>) {
    this.#options = options
    this.#port = options.port
  }

  /** @throws {NetworkError} when none can be bound; AddressInUseError when the port is taken at one of them */
  static async open<Bound extends BoundSocket>(
    options: AddressSocketsOptions<Bound>,
  ): Promise<AddressSockets<Bound>> {
    for (let attempt = 1; ; attempt += 1) {
      const all = new AddressSockets(options)
      try {
        await all.#bindAll()
        if (isWildcard(options.host))
          all.#timer = setInterval(() => void all.follow(), FOLLOW_MILLIS).unref()
        return all
      } catch (error) {
        await all.close()
        if (options.port !== 0 || codeOf(error) !== 'EADDRINUSE' || attempt === PORTS) throw error
      }
    }
  }

  get port(): number {
    return this.#port
  }

  /** Those that are open now, by their addresses. */
  get byAddress(): ReadonlyMap<string, Bound> {
    return this.#open
  }

  /** Looks now which addresses have come and gone. */
  follow(): Promise<void> {
    this.#following ??= this.#follow().finally(() => (this.#following = undefined))
    return this.#following
  }

  /** @param close how each socket is closed */
  async close(close: (socket: Bound) => Promise<void> = this.#options.close): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#following
    await Promise.all([...this.#open.values()].map(close))
    this.#open.clear()
  }

  /** An address may have gone a moment ago, or is still checked for duplicates (RFC 4862): the others do. */
  async #bindAll(): Promise<void> {
    const { host, family } = this.#options
    let first: unknown
    for (const address of localAddresses(host, family)) {
      const error = await this.#bind(address)
      if (codeOf(error) === 'EADDRNOTAVAIL') first ??= failure(error, address, this.#port)
      else if (error !== undefined) throw failure(error, address, this.#port)
    }
    if (this.#open.size === 0) throw first ?? noAddress(host)
  }

  /** @returns why it cannot be bound now */
  async #bind(address: string): Promise<unknown> {
    try {
      const socket = await this.#options.bind(address, this.#port)
      this.#open.set(address, socket)
      this.#port = socket.local.port
      return undefined
    } catch (error) {
      return error
    }
  }

  async #follow(): Promise<void> {
    const present = this.#isClosed ? undefined : this.#present()
    if (present === undefined) return
    for (const [address, socket] of this.#open) {
      if (present.has(address)) continue
      this.#open.delete(address)
      await this.#options.close(socket)
    }
    for (const address of present) if (!this.#open.has(address)) await this.#bindLater(address)
  }

  /** Undefined where there is no descriptor left to ask the kernel with. */
  #present(): ReadonlySet<string> | undefined {
    try {
      return new Set(localAddresses(this.#options.host, this.#options.family))
    } catch {
      return undefined
    }
  }

  async #bindLater(address: string): Promise<void> {
    const error = await this.#bind(address)
    if (error === undefined) this.#failed.delete(address)
    else if (!this.#failed.has(address)) {
      this.#failed.add(address)
      this.#options.onFailed?.(address, error)
    }
  }
}

function failure(error: unknown, address: string, port: number): unknown {
  return isSystemError(error) ? networkError(error, address, port) : error
}

function noAddress(host: string): NetworkError {
  const facts = { errorClass: 'UNREACHABLE', code: 'EADDRNOTAVAIL', host } as const
  return new NetworkError(`${place(host, undefined)}no address of this host`, facts)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
