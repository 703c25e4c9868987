import { AccessList } from '@sockyard/net/access'
import type { WorkerServer, WorkerServerOptions } from '@sockyard/net/process-models'
import { type ListeningSocket, type TcpCounters, TcpServer } from '@sockyard/net/tcp'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import {
  Counter,
  exportConnectionDurations,
  exportCounts,
  exportTcpCounters,
  type Registry,
  showOptionsOf,
  showPeers,
} from '@sockyard/service/metrics'
import { ipFamily } from '@sockyard/service/options'

import type { ServeOptions } from '../config.ts'
import { chooseDesign, type Plan } from './choose-design.ts'
import { createProtocol } from './echo-protocol.ts'

/** A connection on which nothing moved for so long when the server stops has nothing under way any more. */
const DRAIN_IDLE_MILLIS = 200

type Context = ServiceContext<ServeOptions>

/**
 * The echo service of RFC 862 over TCP. What the other designs and engines need is not loaded.
 *
 * @throws {ConfigurationError} when the design or the engine that was asked for is not possible here
 */
export async function createEchoServer(context: Context): Promise<Service> {
  const plan = chooseDesign(context.options, !context.activation.isEmpty)
  context.log[plan.engine === 'native' ? 'debug' : 'info'](plan, 'engine')
  const { design, workers } = plan
  if (design === 'iterative' || (design === 'event-loop' && workers === 1))
    return oneProcess(context, plan)
  return manyWorkers(context, await createWorkerServer(context, plan), design)
}

function oneProcess(context: Context, { design, engine }: Plan): Service {
  const { options, activation, metrics } = context
  const server = new TcpServer({
    ...createProtocol({ thinkMillis: options.think }),
    ...commonOptions(context),
    activation,
    engine,
    addresses: new AccessList(options),
    listeningFields: { design, workers: 1 },
    ...(design === 'iterative' && { maxConcurrent: 1, acceptCount: options.connections }),
  })
  exportCounters(metrics, [server.counters])
  showPeers(metrics, () => server.traffic())
  return {
    ...(options.connections !== undefined && { finished: server.finished }),
    start: async () => void (await server.start()),
    stop: (drained) => server.stop(drained),
  }
}

async function createWorkerServer(context: Context, plan: Plan): Promise<WorkerServer> {
  const { design, engine, workers, maxConnections } = plan
  const { options, fail } = context
  const isSpawn = design === 'spawn'
  const { AcceptServer, PassServer, SpawnServer, ThreadServer } =
    await import('@sockyard/net/process-models')
  const server: WorkerServerOptions = {
    ...commonOptions(context),
    protocol: {
      url: new URL('echo-protocol.ts', import.meta.url).href,
      settings: { thinkMillis: options.think },
    },
    workers,
    maxConnections,
    allow: options.allow,
    deny: options.deny,
    listeningFields: { design, ...(isSpawn ? { maxChildren: maxConnections } : { workers }) },
    onFailure: fail,
  }
  if (isSpawn) return new SpawnServer(server, engine)
  if (design === 'pass') return new PassServer(server, engine)
  if (design === 'accept' || design === 'reuse-port') return new AcceptServer(server, design)
  return new ThreadServer(server)
}

function manyWorkers({ metrics }: Context, server: WorkerServer, design: string): Service {
  exportCounters(metrics, server.counters)
  if (design !== 'event-loop') exportWorkers(metrics, server)
  return {
    start: async () => void (await server.start()),
    stop: (drained) => server.stop(drained),
  }
}

function commonOptions({ options, log, metrics }: Context) {
  return {
    port: options.port,
    host: options.host,
    family: ipFamily(options),
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    idleMillis: options.idleTimeout,
    drainIdleMillis: DRAIN_IDLE_MILLIS + options.think,
    log,
    logConnections: true,
    onListening: (socket: ListeningSocket) => showOptionsOf(metrics, socket),
  }
}

function exportCounters(metrics: Registry, counters: readonly TcpCounters[]): void {
  exportTcpCounters(metrics, counters)
  exportConnectionDurations(metrics, counters)
}

/** How the connections are shared out, and how many workers ended unasked. */
function exportWorkers(metrics: Registry, server: WorkerServer): void {
  const deaths = {
    name: 'sockyard_tcp_worker_deaths_total',
    help: 'Worker processes that ended unexpectedly',
  }
  metrics.registerMetric(
    new Counter({
      ...deaths,
      registers: [],
      collect() {
        this.reset()
        this.inc(server.deaths)
      },
    }),
  )
  if (server.workerCounters.length === 0) return
  exportCounts(metrics, {
    name: 'sockyard_tcp_worker_accepted_total',
    help: 'Connections that each worker process has served',
    label: 'worker',
    read: () =>
      server.workerCounters.map((each, index) => [String(index), each.get('accepted')] as const),
  })
}
