import type { NativeSocket } from '@sockyard/posix/native-socket'
import { createAddressList } from '@sockyard/service/address-list'
import { ipFamily } from '@sockyard/service/common-options'
import { connectionLimit } from '@sockyard/service/connection-counts'
import { listenAnywhere } from '@sockyard/service/listen'
import { showOptionsOf } from '@sockyard/service/listening-sockets'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import type { Plan } from '../choose-design.ts'
import type { ServeOptions } from '../config.ts'
import { exportEngineCounts } from '../epoll/engine-metrics.ts'
import { openListeners } from '../epoll/listeners.ts'
import { engineRules } from './engine-rules.ts'
import type { EngineRules } from './messages.ts'
import { WorkerPool } from './worker-pool.ts'
import { WorkerProcess } from './worker-process.ts'

const MODULE = new URL('engine-worker.ts', import.meta.url)

/**
 * Processes that all accept: at one listening socket (`accept`), or each at its own with SO_REUSEPORT (`reuse-port`,
 * socket(7)). The parent keeps the sockets open, so that who comes while a worker is replaced waits.
 */
export function createAcceptServer(
  context: ServiceContext<ServeOptions>,
  { design, workers }: Plan,
): Service {
  const { options, log, metrics } = context
  // Complains about the lists before anything is opened.
  createAddressList(options)
  const family = ipFamily(options)
  const rules = acceptRules(context, workers)
  let sockets: NativeSocket[] = []
  let hide: (() => void)[] = []
  const pool = new WorkerPool({
    count: workers,
    log,
    metrics,
    launch: (index, onNews) => {
      const socket = sockets[index % sockets.length]?.descriptor
      return new WorkerProcess({ module: MODULE, rules, socket, onNews })
    },
  })
  exportEngineCounts(metrics, pool.counts)
  return {
    async start() {
      const opened = await listenAnywhere({ ...options, family }, (host, ipv6Only) => {
        const place = { host, port: options.port, ipv6Only }
        return Promise.resolve(openListeners(place, design === 'accept' ? 1 : workers))
      })
      sockets = opened.sockets
      const { address, port } = opened.bound
      hide = sockets.map((target) =>
        showOptionsOf(metrics, { transport: 'tcp', address, port, target }),
      )
      await pool.start()
      log.info({ transport: 'tcp', address, port, design, engine: 'epoll', workers }, 'listening')
    },
    async stop(drained) {
      for (const hideOne of hide) hideOne()
      for (const socket of sockets) socket.close()
      await pool.stop(drained)
    },
  }
}

/**
 * No process knows of the others' connections: each has its part of all that there may be, and counts the
 * connections of an address for itself.
 */
function acceptRules(context: ServiceContext<ServeOptions>, workers: number): EngineRules {
  const { maxConnections, maxConnectionsPerAddress: perAddress, allow, deny } = context.options
  const total = Math.max(1, Math.floor(connectionLimit(maxConnections) / workers))
  const own = engineRules(context, workers)
  return { ...own, entrance: 'listener', limits: { total, perAddress }, allow, deny }
}
