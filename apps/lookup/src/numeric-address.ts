import { UsageError } from '@sockyard/cli/errors'
import { getaddrinfo, ResolverError } from '@sockyard/posix/netdb'
import { inetNtop, type InternetAddress } from '@sockyard/posix/socket'

/**
 * A numeric address with its zone, as libc reads it: `192.0.2.7`, `fe80::1%eth0`.
 *
 * @throws {UsageError} for a text that is none, or a zone that is no interface here
 */
export async function numericAddress(text: string, port: number): Promise<InternetAddress> {
  try {
    const hints = { socketType: 'stream', flags: ['AI_NUMERICHOST'] } as const
    const [first] = await getaddrinfo(text, undefined, hints)
    if (first !== undefined) return { ...first.address, port }
  } catch (error) {
    if (!(error instanceof ResolverError)) throw error
  }
  throw new UsageError('IP', text, 'must be an IPv4 or IPv6 address')
}

/** `fe80::1%2`: the zone as a number, when there is one. */
export function addressText({ bytes, scope }: InternetAddress): string {
  return `${inetNtop(bytes)}${scope === 0 ? '' : `%${scope}`}`
}
