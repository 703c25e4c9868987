import { lookup } from 'node:dns/promises'

import { servicePorts } from '@sockyard/catalog'
import { AccessList, SourceFilter } from '@sockyard/net/access'
import { listenDualStack } from '@sockyard/net/address'
import { networkError } from '@sockyard/net/errors'
import { readKernelDrops } from '@sockyard/net/udp'
import { Endpoint } from '@sockyard/sctp'
import { serverCommand, type Service, type ServiceContext } from '@sockyard/service/lifecycle'
import { showPeers } from '@sockyard/service/metrics'

import { serveOptions, type ServeOptions } from '../config.ts'
import { endpointParameters } from '../protocol-options.ts'
import { EchoService } from './echo-service.ts'
import { createCounters, exportMetrics } from './server-metrics.ts'

/** The default of `host`: every address, and IPv4 alone where there is no IPv6. */
const EVERY_ADDRESS = '::'

/** Associations over the limit that are accepted to send the reason; beyond these the handshake fails without one. */
const REJECTED_WITH_REASON = 16

/** With `rtoMax`, this is how soon a vanished peer is noticed. */
const MAXIMUM_RETRANSMISSIONS = 8

/** The streaming echo service: a one-to-many endpoint, each message answered on the next stream. */
function createEchoServer(context: ServiceContext<ServeOptions>): Service {
  const { options, metrics } = context
  const addresses = new AccessList(options)
  const counters = createCounters()
  let echo: EchoService | undefined
  let filter: SourceFilter | undefined

  exportMetrics(metrics, counters, {
    associations: () => echo?.associations ?? 0,
    packets: () => echo?.endpoint.packetsReceived ?? new Map(),
    kernelDrops: async () => (echo ? kernelDrops(echo.endpoint) : 0),
  })

  /** Sources that are never answered, so that no loop forms and no host is flooded (CERT CA-1996-01). */
  function refusal(source: Source): string | undefined {
    const reason = filter?.rejectReason(source)
    if (reason !== undefined) return reason
    const access = addresses.check(source.address)
    return access === 'permitted' ? undefined : access
  }

  return {
    async start() {
      const endpoint = await openEndpoint(options, refusal)
      const { address, port, udpPort } = endpoint.address()
      // RFC 6951: one port on both sides is the usual case.
      const asking = new Set([udpPort, 9899])
      filter = new SourceFilter({ ownPorts: servicePorts().filter((each) => !asking.has(each)) })
      const service = new EchoService(endpoint, { ...context, counters })
      echo = service
      showPeers(metrics, () => service.traffic())
      context.log.info({ transport: 'sctp', address, port, udpPort }, 'listening')
    },
    stop: async (drained) => echo?.stop(drained),
  }
}

interface Source {
  address: string
  port: number
}

async function openEndpoint(
  options: ServeOptions,
  refusal: (source: Source) => string | undefined,
): Promise<Endpoint> {
  const { port, udpPort, streams, buffer, maxMessage } = options
  const host = options.host === EVERY_ADDRESS ? undefined : await numericAddress(options.host)
  return listenDualStack({ host, port: udpPort }, (address) =>
    Endpoint.open({
      ...endpointParameters(options),
      associationMaximumRetransmissions: MAXIMUM_RETRANSMISSIONS,
      host: address,
      port,
      udpPort,
      listen: true,
      refusal,
      outboundStreams: streams,
      inboundStreams: streams,
      sendBufferBytes: buffer,
      receiveBufferBytes: buffer,
      maximumMessageBytes: maxMessage,
      maximumAssociations: options.maxConnections + REJECTED_WITH_REASON,
    }),
  )
}

/** @throws {NetworkError} of class DNS when the name has no address */
async function numericAddress(host: string): Promise<string> {
  const { address } = await lookup(host).catch((error: unknown) => {
    throw networkError(error, host)
  })
  return address
}

async function kernelDrops(endpoint: Endpoint): Promise<number> {
  const { udpPort } = endpoint.address()
  const drops = endpoint.localAddresses.map((address) =>
    readKernelDrops(address.replace(/%.*/, ''), udpPort),
  )
  return (await Promise.all(drops)).reduce<number>((sum, each = 0) => sum + each, 0)
}

export const serve = serverCommand({
  name: 'serve',
  summary: 'echo each message on the next stream',
  examples: [
    { args: '', description: 'on SCTP port 9877 in UDP port 9899' },
    { args: '--streams 4', description: 'at most four streams each way' },
  ],
  adminPort: 9110,
  options: serveOptions,
  create: createEchoServer,
})
