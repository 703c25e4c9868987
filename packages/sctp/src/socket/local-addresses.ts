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
