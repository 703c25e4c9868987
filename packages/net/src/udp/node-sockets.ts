import type { Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'

import { listenDualStack } from '../address/listen.ts'
import { isSystemError, networkError } from '../errors/errors.ts'
import { readKernelDropsAt } from './kernel-drops.ts'
import { adoptNodeSocket, bindNodeSocket, NodeUdpSocket } from './node-udp-socket.ts'
import { enlargeReceiveBuffer } from './receive-buffer.ts'
import type { OpenSockets, UdpSettings } from './udp-socket.ts'

const POLL_MILLIS = 2_000
/** How many ports are tried where any will do: one may be free at the first address and taken at another. */
const PORTS = 10

/**
 * Opens the sockets of a server over node:dgram, which does not report the destination address of a datagram. Where
 * every address is asked for, each one of this host has its own socket, so that answers leave from the address that
 * was asked; addresses that come and go are followed. What is sent to a broadcast address or a group is not received.
 *
 * A wildcard socket that was passed by another program stays one: give such a service the native engine, or a socket
 * for each address.
 *
 * @throws {NetworkError} when none can be bound; AddressInUseError when the port is taken
 */
export async function openNodeSockets(settings: UdpSettings): Promise<OpenSockets> {
  const { passed, host, family } = settings
  if (passed !== undefined)
    return single(await adoptNodeSocket(passed.descriptor.release(), passed.family), settings)
  const wildcard = wildcardOf(host, family)
  if (wildcard !== undefined) return AddressSockets.open(settings, wildcard)
  const { port } = settings
  const at = { host, port, family }
  return listenDualStack(at, async (address, ipv6Only) =>
    single(await bindNodeSocket({ address, port, ipv6Only }), settings),
  )
}

/** What stands for every address: of one family, or of both. */
interface Wildcard {
  readonly address: '::' | '0.0.0.0'
  readonly family: 4 | 6 | undefined
}

function wildcardOf(host: string | undefined, family: 4 | 6 | undefined): Wildcard | undefined {
  if (host === '0.0.0.0') return { address: '0.0.0.0', family: 4 }
  if (host !== undefined && host !== '::') return undefined
  return { address: family === 4 ? '0.0.0.0' : '::', family }
}

function single(socket: Socket, settings: UdpSettings): OpenSockets {
  const open = prepare(socket, settings)
  const { address, port } = open.local
  return {
    address,
    port,
    sockets: [open],
    kernelDrops: () => readKernelDropsAt([address], port),
    stop: (drained) => open.close(drained),
  }
}

function prepare(socket: Socket, settings: UdpSettings): NodeUdpSocket {
  const { log, receiveBufferBytes } = settings
  socket.on('error', (error) => log.warn({ error }, 'udp failed'))
  enlargeReceiveBuffer(socket, receiveBufferBytes, log)
  return new NodeUdpSocket(socket, settings)
}

/** A socket for each address of this host. */
class AddressSockets implements OpenSockets {
  readonly address: string
  readonly #settings: UdpSettings
  readonly #family: 4 | 6 | undefined
  readonly #open = new Map<string, NodeUdpSocket>()
  /** What cannot be bound, so that each is logged once. */
  readonly #failed = new Set<string>()
  #port: number
  #timer: NodeJS.Timeout | undefined
  #polling = Promise.resolve()

  private constructor(settings: UdpSettings, { address, family }: Wildcard) {
    this.address = address
    this.#settings = settings
    this.#family = family
    this.#port = settings.port
  }

  static async open(settings: UdpSettings, wildcard: Wildcard): Promise<OpenSockets> {
    for (let attempt = 1; ; attempt += 1) {
      const all = new AddressSockets(settings, wildcard)
      try {
        await all.#bindAll()
        all.#timer = setInterval(all.#poll, POLL_MILLIS).unref()
        return all
      } catch (error) {
        await all.stop(AbortSignal.abort())
        if (settings.port !== 0 || attempt === PORTS) throw error
      }
    }
  }

  get port(): number {
    return this.#port
  }

  get sockets(): Iterable<NodeUdpSocket> {
    return this.#open.values()
  }

  kernelDrops(): Promise<number> {
    const addresses = [...this.#open.values()].map(({ local }) => local.address)
    return readKernelDropsAt(addresses, this.#port)
  }

  async stop(drained: AbortSignal): Promise<void> {
    clearInterval(this.#timer)
    await this.#polling
    await Promise.all([...this.#open.values()].map((socket) => socket.close(drained)))
    this.#open.clear()
  }

  /** @throws {NetworkError} unless one at least is bound, and no port is taken */
  async #bindAll(): Promise<void> {
    let first: unknown
    for (const address of localAddresses(this.#family)) {
      const error = await this.#bind(address)
      if (isSystemError(error) && error.code === 'EADDRNOTAVAIL') first ??= error
      else if (error !== undefined) throw networkError(error, address, this.#port)
    }
    if (this.#open.size === 0) throw networkError(first, this.address, this.#port)
  }

  /** @returns why it cannot be bound now: an IPv6 address, for one, that is still checked for duplicates */
  async #bind(address: string): Promise<unknown> {
    try {
      const socket = await bindNodeSocket({ address, port: this.#port, ipv6Only: true })
      this.#open.set(address, prepare(socket, this.#settings))
      this.#port = socket.address().port
      return undefined
    } catch (error) {
      return error
    }
  }

  readonly #poll = (): void => {
    this.#polling = this.#polling.then(() => this.#follow())
  }

  async #follow(): Promise<void> {
    const present = currentAddresses(this.#family)
    if (present === undefined) return
    for (const [address, socket] of this.#open) {
      if (present.has(address)) continue
      this.#open.delete(address)
      await socket.close(AbortSignal.abort())
    }
    for (const address of present) {
      if (this.#open.has(address)) continue
      const error = await this.#bind(address)
      if (error === undefined) this.#failed.delete(address)
      else this.#tell(address, error)
    }
  }

  #tell(address: string, error: unknown): void {
    if (this.#failed.has(address)) return
    this.#failed.add(address)
    this.#settings.log.warn({ address, error }, 'cannot listen')
  }
}

/** Those of now; undefined where there is no descriptor left to ask the kernel with. */
function currentAddresses(family: 4 | 6 | undefined): ReadonlySet<string> | undefined {
  try {
    return new Set(localAddresses(family))
  } catch {
    return undefined
  }
}

/** Every address of this host, link-local ones with their zone. */
function localAddresses(family: 4 | 6 | undefined): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter((each) => family === undefined || each.family === `IPv${family}`)
      .map((each) =>
        each.family === 'IPv6' && each.scopeid > 0 ? `${each.address}%${name}` : each.address,
      ),
  )
}
