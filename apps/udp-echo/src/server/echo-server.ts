import { AccessList } from '@sockyard/net/access'
import { SharedCounters, UdpServer, type UdpServerOptions } from '@sockyard/net/udp'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportCounts, exportUdpServer } from '@sockyard/service/metrics'
import { ipFamily } from '@sockyard/service/options'

import type { ServeOptions } from '../config.ts'
import { createEcho, type EchoData, VERDICTS } from './echo-handler.ts'
import { type Plan, planOf } from './plan.ts'
import type { QueuedEcho } from './queued-echo.ts'
import { type Refusal, RefusalLog } from './refusal-log.ts'

/** The echo service of RFC 862 over UDP: a datagram goes back to where it came from, byte for byte. */
export function createEchoServer(context: ServiceContext<ServeOptions>): Service {
  const { options, log, metrics } = context
  // `--check` finds what is wrong with the lists.
  void new AccessList(options)
  const plan = planOf(options)
  const threads = plan.isQueued ? 1 : plan.workers
  const counts = Array.from({ length: threads }, () => new SharedCounters(VERDICTS))
  exportCounts(metrics, {
    name: 'sockyard_udp_echo_verdicts_total',
    help: 'Datagrams received, by verdict',
    label: 'verdict',
    read: () => VERDICTS.map((verdict) => [verdict, sum(counts.map((each) => each.of(verdict)))]),
  })
  let server: UdpServer | undefined
  let queued: QueuedEcho | undefined
  return {
    async start() {
      const { engine, why, design, workers } = plan
      // The line `listening` is enough for the default.
      const isUsual = engine === 'native' && !plan.isQueued
      log[isUsual ? 'debug' : 'info']({ engine, why, design, workers }, 'engine')
      // What only the designs with a service time need is not loaded without it.
      if (plan.isQueued)
        queued = (await import('./queued-echo.ts')).createQueuedEcho(plan, options, log)
      server = new UdpServer(serverOptions(context, plan, counts, queued))
      exportUdpServer(metrics, server)
      await server.start()
    },
    async stop(drained) {
      await queued?.stop(drained)
      await server?.stop(drained)
    },
  }
}

function serverOptions(
  { options, activation, log, fail }: ServiceContext<ServeOptions>,
  { engine, workers, isQueued }: Plan,
  counts: readonly SharedCounters<(typeof VERDICTS)[number]>[],
  queued: QueuedEcho | undefined,
): UdpServerOptions {
  const { port, host, rateLimit: perSecond, maxSources, allow, deny } = options
  const refusals = new RefusalLog(log)
  const report = (refusal: Refusal): void => refusals.log(refusal)
  const data = (worker: number): EchoData => ({
    perSecond,
    maximumSources: Math.ceil(maxSources / counts.length),
    allow,
    deny,
    verdicts: (counts[worker] ?? new SharedCounters(VERDICTS)).numbers,
    refused: refusals.refused,
    isLogged: log.isLevelEnabled('info'),
  })
  const module = new URL('echo-handler.ts', import.meta.url)
  const onMessage = (message: unknown): void => report(message as Refusal)
  return {
    port,
    host,
    family: ipFamily(options),
    engine,
    activation,
    log,
    receiveBufferBytes: options.receiveBuffer,
    maximumQueue: options.maxQueue,
    onDatagrams: createEcho(data(0), report, queued?.answer),
    ...(workers > 1 &&
      !isQueued && { workers: { count: workers, module, data, onMessage, onFailure: fail } }),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
