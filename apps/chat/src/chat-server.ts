import { createAddressList } from '@sockyard/service/address-list'
import { ipFamily } from '@sockyard/service/common-options'
import { limitLog } from '@sockyard/service/limited-log'
import type { Service, ServiceContext } from '@sockyard/service/server-command'
import { createTcpServer } from '@sockyard/service/tcp-server'

import { Chat } from './chat.ts'
import type { ServeOptions } from './config.ts'
import { createChatMetrics } from './metrics.ts'
import { createRelay } from './relay.ts'

const LONGEST_SWEEP_MILLIS = 500
const SHORTEST_SWEEP_MILLIS = 10

/** The chat, or with `relay` the seed's select() server. */
export function createChatServer(context: ServiceContext<ServeOptions>): Service {
  const { options, log, metrics } = context
  const tools = { metrics: createChatMetrics(metrics), log: limitLog(log) }
  const mode = options.relay ? createRelay(options, tools) : new Chat(options, tools)
  const server = createTcpServer({
    port: options.port,
    host: options.host,
    family: ipFamily(options),
    inherited: context.inherited,
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    idleMillis: mode.idleMillis,
    addresses: createAddressList(options),
    log,
    metrics,
    onConnection: (connection) => mode.enter(connection),
    onRefused: (socket, reason) => mode.refuse(socket, reason),
    onStopping: (connection) => mode.dismiss(connection),
  })
  let sweeping: NodeJS.Timeout | undefined
  return {
    start: async () => {
      await server.start()
      sweeping = setInterval(() => mode.sweep(performance.now()), sweepMillis(options))
    },
    stop: async (drained) => {
      await server.stop(drained)
      clearInterval(sweeping)
    },
  }
}

/** Often enough that the shortest of the limits is noticed in time. */
function sweepMillis(options: ServeOptions): number {
  const { idleTimeout, firstLineTimeout, slowTimeout, floodTimeout } = options
  const shortest = Math.min(idleTimeout, firstLineTimeout, slowTimeout, floodTimeout)
  return Math.max(SHORTEST_SWEEP_MILLIS, Math.min(LONGEST_SWEEP_MILLIS, shortest / 4))
}
