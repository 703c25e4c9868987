import { lookup } from 'node:dns/promises'

import { Endpoint } from '@sockyard/sctp/endpoint'
import { createAddressList } from '@sockyard/service/address-list'
import { networkError } from '@sockyard/service/errors'
import { readKernelDrops } from '@sockyard/service/kernel-drops'
import { listenAnywhere } from '@sockyard/service/listen'
import type { Service, ServiceContext } from '@sockyard/service/server-command'
import { createSourceRules, type SourceRefusal } from '@sockyard/service/source-rules'

import type { ServeOptions } from './config.ts'
import { fragmentationControl } from './dont-fragment.ts'
import { EchoService } from './echo-service.ts'
import { endpointParameters } from './protocol-options.ts'
import { createTally, exportMetrics } from './server-metrics.ts'

/** `host` unless told: every address, and IPv4 alone where there is no IPv6. */
const EVERY_ADDRESS = '::'

/** Associations too many that are let in to be told why; with more, the handshake fails without a word. */
const TOLD_WHY = 16

/** With `rtoMax`, this is how soon a vanished peer is noticed. */
const MAXIMUM_RETRANSMISSIONS = 8

/** The streaming echo service: a one-to-many endpoint, each message answered on the next stream. */
export function createEchoServer(context: ServiceContext<ServeOptions>): Service {
  const { options, metrics } = context
  const addresses = createAddressList(options)
  const tally = createTally()
  let echo: EchoService | undefined
  let refusedSource: ((source: Source) => SourceRefusal | undefined) | undefined

  exportMetrics(metrics, tally, {
    associations: () => echo?.associations ?? 0,
    packets: () => echo?.endpoint.packetsReceived ?? new Map(),
    kernelDrops: async () => (echo ? kernelDrops(echo.endpoint) : 0),
  })

  /** Who is never answered, so that nothing loops and nobody is flooded by us (CERT CA-1996-01). */
  function refusal(source: Source): string | undefined {
    const reason = refusedSource?.(source)
    if (reason !== undefined) return reason
    const access = addresses.check(source.address)
    return access === 'permitted' ? undefined : access
  }

  return {
    async start() {
      const endpoint = await openEndpoint(options, refusal)
      const { address, port, udpPort } = endpoint.address()
      // RFC 6951: one port on both sides is the usual case.
      refusedSource = createSourceRules({ port: udpPort, askedFrom: [udpPort, 9899] })
      echo = new EchoService(endpoint, { ...context, tally })
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
  const setDontFragment = await fragmentationControl()
  return listenAnywhere({ host, port: udpPort }, (address) =>
    Endpoint.open({
      ...endpointParameters(options),
      associationMaximumRetransmissions: MAXIMUM_RETRANSMISSIONS,
      setDontFragment,
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
      maximumAssociations: options.maxConnections + TOLD_WHY,
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
