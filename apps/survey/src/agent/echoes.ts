import { findApp, servicePorts } from '@sockyard/catalog'
import {
  AccessList,
  datagramVerdict,
  LoopDetector,
  RateLimiter,
  SourceFilter,
} from '@sockyard/net/access'
import { listenDualStack } from '@sockyard/net/address'
import { type Engine } from '@sockyard/net/engine'
import type { LogTarget } from '@sockyard/net/log'
import { echo, TcpServer } from '@sockyard/net/tcp'
import { UdpServer } from '@sockyard/net/udp'
import { AssociationError, Endpoint } from '@sockyard/sctp'

/** What an agent answers by, and who is answered. */
export interface AnswerOptions {
  host: string
  engine: Engine
  allow: readonly string[]
  deny: readonly string[]
  log: LogTarget
}

/** Something that answers until it is stopped. */
export interface Answering {
  stop(drained: AbortSignal): Promise<void>
}

const MAXIMUM_CONNECTIONS = 256
const PER_SECOND = 2_000
const SCTP_UDP_PORT = 9899
const STREAMS = 16
const MAXIMUM_ASSOCIATIONS = 64

/** @throws {AddressInUseError} when the port is taken */
export async function answerTcp(options: AnswerOptions): Promise<Answering> {
  const server = new TcpServer({
    port: portOf('tcp-echo'),
    host: hostOf(options),
    engine: options.engine,
    maxConnections: MAXIMUM_CONNECTIONS,
    // As long as the longest rung of the idle ladder, and then some.
    idleMillis: 90_000_000,
    addresses: new AccessList(options),
    log: options.log,
    logConnections: false,
    onConnection: () => echo,
  })
  await server.start()
  return server
}

/** @throws {AddressInUseError} when the port is taken */
export async function answerUdp(options: AnswerOptions): Promise<Answering> {
  const filter = new SourceFilter({ ownPorts: [...servicePorts()] })
  const rules = {
    filter,
    access: new AccessList(options),
    limiter: new RateLimiter({ perSecond: PER_SECOND }),
    loops: new LoopDetector(),
  }
  const server = new UdpServer({
    port: portOf('udp-echo'),
    host: hostOf(options),
    engine: options.engine,
    log: options.log,
    onDatagrams(datagrams, socket) {
      const nowMillis = performance.now()
      for (let index = 0; index < datagrams.count; index += 1)
        if (datagramVerdict(datagrams, index, rules, nowMillis) === 'permitted')
          socket.echo(datagrams, index)
    },
  })
  await server.start()
  return { stop: (drained) => server.stop(drained) }
}

/**
 * Each message goes back on its stream.
 *
 * @throws {AddressInUseError} when the UDP port is taken
 */
export async function answerSctp(options: AnswerOptions): Promise<Answering> {
  const access = new AccessList(options)
  const where = { host: hostOf(options), port: SCTP_UDP_PORT }
  const endpoint = await listenDualStack(where, (host) =>
    Endpoint.open({
      host,
      udpPort: SCTP_UDP_PORT,
      port: portOf('sctp-echo'),
      listen: true,
      outboundStreams: STREAMS,
      inboundStreams: STREAMS,
      maximumAssociations: MAXIMUM_ASSOCIATIONS,
      refusal: ({ address }) => {
        const verdict = access.check(address)
        return verdict === 'permitted' ? undefined : verdict
      },
    }),
  )
  endpoint.on('message', ({ association, stream, unordered, protocolId, data }) => {
    try {
      endpoint.send({ association, stream, unordered, protocolId, data })
    } catch (error) {
      // It has ended meanwhile, or does not read its echoes.
      if (!(error instanceof AssociationError)) throw error
    }
  })
  return { stop: (drained) => endpoint.close(drained) }
}

function hostOf({ host }: AnswerOptions): string | undefined {
  return host === '::' ? undefined : host
}

function portOf(app: 'tcp-echo' | 'udp-echo' | 'sctp-echo'): number {
  return findApp(app)?.endpoints[0]?.port ?? 7
}
