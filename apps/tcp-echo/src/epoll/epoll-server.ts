import { createAddressList } from '@sockyard/service/address-list'
import { ipFamily } from '@sockyard/service/common-options'
import { connectionLimit } from '@sockyard/service/connection-counts'
import { listenAnywhere } from '@sockyard/service/listen'
import { showOptionsOf } from '@sockyard/service/listening-sockets'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import type { Plan } from '../choose-design.ts'
import type { ServeOptions } from '../config.ts'
import { EngineCounts } from './engine-counts.ts'
import { startEngineHere } from './engine-here.ts'
import type { EngineHost } from './engine-host.ts'
import { exportEngineCounts } from './engine-metrics.ts'
import type { EngineStart } from './engine-start.ts'
import { startEngineThread } from './engine-thread.ts'
import { openListeners } from './listeners.ts'
import { peerTallyMemory } from './shared-peer-tally.ts'

/** Of each message, all workers together. */
export const LINES_PER_SECOND = 10
/** A peer's kernel that was not heard for so long is gone. */
export const VANISHED_MILLIS = 135_000

/**
 * The echo service of RFC 862 over TCP, with epoll(7): in this thread, or in several of their own. The iterative
 * server is the same with one client at a time.
 */
export function createEpollServer(
  context: ServiceContext<ServeOptions>,
  { design, workers }: Plan,
): Service {
  const { options, metrics, log } = context
  // Complains about the lists before anything is opened.
  createAddressList(options)
  const family = ipFamily(options)
  const counts = Array.from({ length: workers }, () => new EngineCounts())
  exportEngineCounts(metrics, counts)
  let engines: EngineHost[] = []
  const finished = Promise.withResolvers<void>()
  let hide: (() => void)[] = []
  return {
    ...(options.connections !== undefined && { finished: finished.promise }),
    async start() {
      const { sockets, bound } = await listenAnywhere({ ...options, family }, (host, ipv6Only) =>
        Promise.resolve(openListeners({ host, port: options.port, ipv6Only }, counts.length)),
      )
      const { address, port } = bound
      hide = sockets.map((target) =>
        showOptionsOf(metrics, { transport: 'tcp', address, port, target }),
      )
      const common = sharedStart(
        options,
        workers,
        design === 'iterative',
        log.isLevelEnabled('info'),
      )
      engines = sockets.map((socket, index) => {
        const memory = counts[index]?.memory ?? new SharedArrayBuffer()
        const start = { ...common, listener: socket.release(), counts: memory }
        return counts.length === 1
          ? startEngineHere(start, log)
          : startEngineThread(start, log, context.fail)
      })
      void Promise.all(engines.map(({ ended }) => ended)).then(() => finished.resolve())
      log.info({ transport: 'tcp', address, port, design, engine: 'epoll', workers }, 'listening')
    },
    async stop(drained) {
      const end = (): void => engines.forEach((engine) => engine.end())
      for (const hideOne of hide) hideOne()
      for (const engine of engines) engine.stop()
      if (drained.aborted) end()
      drained.addEventListener('abort', end, { once: true })
      await Promise.all(engines.map(({ ended }) => ended))
    },
  }
}

/** What all workers are told. */
function sharedStart(
  options: ServeOptions,
  workers: number,
  isIterative: boolean,
  isInfoLogged: boolean,
): Omit<EngineStart, 'listener' | 'counts'> {
  const { allow, deny, idleTimeout, maxConnectionsPerAddress } = options
  const total = connectionLimit(options.maxConnections)
  return {
    arrivals: new BigInt64Array(new SharedArrayBuffer(8)),
    tally: workers === 1 ? undefined : peerTallyMemory(total),
    limits: { total, perAddress: maxConnectionsPerAddress },
    allow,
    deny,
    idleMillis: idleTimeout,
    thinkMillis: options.think,
    ...(isIterative && { atOnce: 1, endsAfter: options.connections }),
    vanishedMillis: VANISHED_MILLIS,
    isInfoLogged,
    linesPerSecond: Math.max(1, Math.floor(LINES_PER_SECOND / workers)),
  }
}
