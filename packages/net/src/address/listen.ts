import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

import { isSystemError, type NetworkError, networkError } from '../errors/errors.ts'

/** IPv6 is switched off, or not compiled in: bind(2) and socket(2) say so with these. */
const WITHOUT_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'])

const EVERY_ADDRESS = '::'

/**
 * Where to listen: the host that was asked for; without one, or with `::`, every address of the family; without
 * a family too, both at once (`::` takes IPv4 as well), or IPv4 alone on a host without IPv6.
 *
 * @param where.host an address, or a name of this host, of whose addresses the first is taken
 * @param bind gets a numeric address
 */
export async function listenDualStack<Bound>(
  where: { host?: string | undefined; port: number; family?: 4 | 6 | undefined },
  bind: (host: string, ipv6Only: boolean) => Promise<Bound>,
): Promise<Bound> {
  const { port, family } = where
  const host = where.host === EVERY_ADDRESS ? undefined : where.host
  const anywhere = family === 4 ? '0.0.0.0' : EVERY_ADDRESS
  const first = host === undefined ? anywhere : await numericAddress(host, port, family ?? 0)
  try {
    return await bind(first, family === 6)
  } catch (error) {
    const fallBack = host === undefined && family === undefined
    if (!fallBack || !isSystemError(error) || !isIPv6Missing(error))
      throw networkError(error, first, port)
    return await bind('0.0.0.0', false).catch((second: unknown) => {
      throw networkError(second, '0.0.0.0', port)
    })
  }
}

/** Whether `::` could not be bound because this host has no IPv6: IPv4 alone is then every address. */
export function isIPv6Missing({ code }: Pick<NetworkError, 'code'>): boolean {
  return WITHOUT_IPV6.has(code ?? '')
}

async function numericAddress(host: string, port: number, family: 0 | 4 | 6): Promise<string> {
  if (isIP(host) !== 0) return host
  const found = await lookup(host, { family, order: 'verbatim' }).catch((error: unknown) => {
    throw networkError(error, host, port)
  })
  return found.address
}
