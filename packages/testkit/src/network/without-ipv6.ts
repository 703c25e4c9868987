import { fileURLToPath } from 'node:url'

/**
 * The environment of a Node process on a host without IPv6 (`ipv6.disable=1`): its sockets of AF_INET6 fail with
 * EAFNOSUPPORT.
 *
 * @example
 * await runApp('lookup', ['options'], { env: withoutIpv6() })
 */
export function withoutIpv6(): { NODE_OPTIONS: string } {
  const filter = fileURLToPath(new URL('refuse-ipv6.ts', import.meta.url))
  return { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import "${filter}"` }
}
