import type { ActivationSockets } from '@sockyard/net/activation'
import { networkError } from '@sockyard/net/errors'
import { type OnDatagrams, UdpServer } from '@sockyard/net/udp'
import type { ServiceContext } from '@sockyard/service/lifecycle'
import { exportUdpServer } from '@sockyard/service/metrics'
import { ipFamily } from '@sockyard/service/options'

import type { ServeOptions } from './config.ts'

/** Longer than any request that is answered: a packet, extension fields and a MAC. */
const MAXIMUM_REQUEST_BYTES = 2_048
/** A host without IPv6 says so with these. */
const WITHOUT_IPV6: ReadonlySet<string | undefined> = new Set([
  'EAFNOSUPPORT',
  'EADDRNOTAVAIL',
  'EINVAL',
])

/**
 * Binds a socket for each family asked for, all at one port: time to live and outgoing interface of IPv4 multicasts can
 * only be set on a socket of IPv4.
 *
 * @param hosts as `hostsOf` has them
 * @throws {NetworkError} when one cannot be bound; none is then left open
 */
export async function openTimeServers(
  context: Pick<ServiceContext<ServeOptions>, 'options' | 'activation' | 'log' | 'metrics'>,
  hosts: readonly string[],
  onDatagrams: OnDatagrams,
): Promise<UdpServer[]> {
  const { options, activation, log, metrics } = context
  const opened: UdpServer[] = []
  let { port } = options
  for (const host of hosts) {
    const server = new UdpServer({
      host,
      port,
      family: host.includes(':') ? 6 : 4,
      engine: options.engine,
      activation,
      maximumDatagramBytes: MAXIMUM_REQUEST_BYTES,
      ancillary: ['timestamp'],
      log,
      onDatagrams,
    })
    try {
      port = (await server.start()).port
      opened.push(server)
      exportUdpServer(metrics, server)
    } catch (error) {
      const failure = networkError(error, host, port)
      const isOptional = opened.length > 0 && WITHOUT_IPV6.has(failure.code)
      if (!isOptional) {
        await Promise.all(opened.map((each) => each.stop()))
        throw failure
      }
      log.info({ error: failure }, 'without IPv6')
    }
  }
  return opened
}

/**
 * The addresses to bind, or what stands for them of the sockets that were passed.
 *
 * @throws {UsageError} when `--host` is not of the family asked for
 */
export function hostsOf(options: ServeOptions, activation: ActivationSockets): string[] {
  const family = ipFamily(options)
  if (!activation.isEmpty)
    return activation.familiesOf('datagram').map((each) => (each === 'IPv4' ? '0.0.0.0' : '::'))
  if (options.host !== '::') return [options.host]
  if (family === undefined) return ['0.0.0.0', '::']
  return [family === 4 ? '0.0.0.0' : '::']
}
