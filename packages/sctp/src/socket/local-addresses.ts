import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'

const WILDCARDS: ReadonlySet<string> = new Set(['::', '0.0.0.0'])

/** Does it stand for every address: `::` for both families, `0.0.0.0` for IPv4? */
export const isWildcard = (host: string): boolean => WILDCARDS.has(host)

/**
 * The addresses of this host that `host` stands for: itself, or with a wildcard those of all interfaces
 * that are up. Link-local ones have their interface behind them, as `fe80::1%eth0` (RFC 4007).
 */
export function localAddresses(
  host: string,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): string[] {
  if (!isWildcard(host)) return [host]
  return Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos
      .filter(({ family }) => host === '::' || family === 'IPv4')
      .map(({ address }) => (isLinkLocal(address) ? `${address}%${name}` : address)),
  )
}

const isLinkLocal = (address: string): boolean => /^fe[89ab].:/i.test(address)

/** Connecting a datagram socket sends nothing: any port will do. */
const DISCARD_PORT = 9

/**
 * Our address that packets to `host` leave from: what routing says (connect(2) and getsockname(2)).
 * @throws {TypeError} when the host is not a numeric address
 * @throws {Error} of node:dgram, with `code`, when there is no route: ENETUNREACH, EHOSTUNREACH …
 */
export async function sourceAddress(host: string): Promise<string> {
  const family = isIP(host)
  if (family === 0) throw new TypeError(`not a numeric address: ${host}`)
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', resolve)
      socket.connect(DISCARD_PORT, host)
    })
    return socket.address().address
  } finally {
    socket.close()
  }
}

/** Ethernet's, where it cannot be learned: probes tell whether it is right. */
const USUAL_MTU = 1500

/** Every association asks, several times; interfaces change rarely. */
const GOOD_FOR_MILLIS = 1000

/** What the interfaces of this host carry. */
export class LinkMtus {
  readonly #known = new Map<string, { mtu: number; at: number }>()

  /** The MTU of the interface that has the address, bytes. */
  of(local: string): number {
    const now = performance.now()
    const known = this.#known.get(local)
    if (known && now - known.at < GOOD_FOR_MILLIS) return known.mtu
    const mtu = readMtu(local)
    this.#known.set(local, { mtu, at: now })
    return mtu
  }
}

function readMtu(local: string): number {
  const address = local.replace(/%.*/, '')
  const [name] =
    Object.entries(networkInterfaces()).find(([, infos]) =>
      infos?.some((info) => info.address === address),
    ) ?? []
  try {
    // sysfs(5); Node tells all of an interface but this.
    return Number(readFileSync(`/sys/class/net/${name}/mtu`, 'latin1')) || USUAL_MTU
  } catch {
    return USUAL_MTU
  }
}
