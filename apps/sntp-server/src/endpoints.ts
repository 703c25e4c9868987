import type { Socket } from 'node:dgram'

import { now } from '@sockyard/service/clock'
import { ipFamily } from '@sockyard/service/common-options'
import { networkError } from '@sockyard/service/errors'
import type { InheritedSockets } from '@sockyard/service/inherited-sockets'
import type { LimitedLog } from '@sockyard/service/limited-log'
import type { Logger } from '@sockyard/service/log'
import type { Registry } from '@sockyard/service/prometheus'
import { type ReceiveTime, receiveTimes } from '@sockyard/service/receive-times'
import {
  createUdpEndpoint,
  type DatagramSource,
  type UdpEndpoint,
} from '@sockyard/service/udp-endpoint'

import type { ServeOptions } from './config.ts'

/** One socket: requests come in and replies and broadcasts go out by it, all from the port of NTP. */
export interface Endpoint extends UdpEndpoint {
  readonly family: 4 | 6
  /** The outgoing interface of multicasts, as `dgram` wants it: an IPv4 address or `::%eth0`. */
  sendMulticastsBy(interfaceAddress: string): void
}

/** Where a request came from, and when. */
interface Requester extends DatagramSource {
  /** When the kernel received it, in nanoseconds since 1970. */
  readonly receivedAt: bigint
}

interface Parts {
  readonly options: ServeOptions
  /** As `hostsOf` has them. */
  readonly hosts: readonly string[]
  readonly inherited: InheritedSockets
  readonly log: Logger
  readonly limited: LimitedLog
  readonly metrics: Registry
  readonly onDatagram: (bytes: Buffer, source: Requester, endpoint: Endpoint) => void
}

/** A host without IPv6 says so with these. */
const WITHOUT_IPV6: ReadonlySet<string | undefined> = new Set([
  'EAFNOSUPPORT',
  'EADDRNOTAVAIL',
  'EINVAL',
])

/**
 * Binds a socket for each family asked for: time to live and outgoing interface of IPv4 multicasts can only be
 * set on a socket of IPv4.
 *
 * @throws {NetworkError} when one cannot be bound; none is then left open
 */
export async function openEndpoints(parts: Parts): Promise<Endpoint[]> {
  const { options, hosts, log } = parts
  const opened: Endpoint[] = []
  let { port } = options
  for (const host of hosts) {
    const endpoint = createEndpoint(parts, host, port)
    try {
      port = (await endpoint.start()).port
      opened.push(endpoint)
    } catch (error) {
      const failure = networkError(error, host, port)
      const optional = opened.length > 0 && WITHOUT_IPV6.has(failure.code)
      if (!optional) {
        await Promise.all(opened.map((each) => each.stop()))
        throw failure
      }
      log.info({ error: failure.message }, 'without IPv6')
    }
  }
  return opened
}

/**
 * The addresses to bind, or what stands for them of the sockets that were passed.
 *
 * @throws {UsageError} when `--host` is not of the family asked for
 */
export function hostsOf(options: ServeOptions, inherited: InheritedSockets): string[] {
  const family = ipFamily(options)
  if (!inherited.isEmpty)
    return inherited.familiesOf('datagram').map((each) => (each === 'IPv4' ? '0.0.0.0' : '::'))
  if (options.host !== '::') return [options.host]
  if (family === undefined) return ['0.0.0.0', '::']
  return [family === 4 ? '0.0.0.0' : '::']
}

function createEndpoint(parts: Parts, host: string, port: number): Endpoint {
  const { options, log, limited, metrics } = parts
  const family = host.includes(':') ? 6 : 4
  let socket: Socket | undefined
  let receiveTime: ReceiveTime = now
  const endpoint: Endpoint = {
    family,
    sendMulticastsBy: (address) => socket?.setMulticastInterface(address),
    ...createUdpEndpoint({
      host,
      port,
      family,
      inherited: parts.inherited,
      log,
      metrics,
      onDatagram: (bytes, source) =>
        parts.onDatagram(bytes, { ...source, receivedAt: receiveTime() }, endpoint),
      configure(bound) {
        socket = bound
        receiveTime = receiveTimes(bound, log)
        bound.setMulticastTTL(options.ttl)
        if (family === 4) bound.setBroadcast(true)
      },
      onSent(refusal) {
        if (refusal !== undefined) limited.warn({ error: refusal.message }, 'not sent')
      },
    }),
  }
  return endpoint
}
