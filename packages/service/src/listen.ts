import { isSystemError, networkError } from './errors.ts'

/** IPv6 is switched off, or not compiled in: bind(2) and socket(2) say so with these. */
const WITHOUT_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'])

const EVERY_ADDRESS = '::'

/**
 * Where to listen: the host that was asked for; without one, or with `::`, every address of the family; without
 * a family too, both at once (`::` takes IPv4 as well), or IPv4 alone on a host without IPv6.
 */
export async function listenAnywhere<Bound>(
  where: { host?: string | undefined; port: number; family?: 4 | 6 | undefined },
  bind: (host: string, ipv6Only: boolean) => Promise<Bound>,
): Promise<Bound> {
  const { port, family } = where
  const host = where.host === EVERY_ADDRESS ? undefined : where.host
  const first = host ?? (family === 4 ? '0.0.0.0' : EVERY_ADDRESS)
  try {
    return await bind(first, family === 6)
  } catch (error) {
    const fallBack = host === undefined && family === undefined
    if (!fallBack || !isSystemError(error) || !WITHOUT_IPV6.has(error.code))
      throw networkError(error, first, port)
    return await bind('0.0.0.0', false).catch((second: unknown) => {
      throw networkError(second, '0.0.0.0', port)
    })
  }
}
