import { AccessList } from '@sockyard/net/access'
import { chooseEngine } from '@sockyard/net/engine'
import { limitLog } from '@sockyard/net/log'
import { TcpServer, type TcpServerOptions } from '@sockyard/net/tcp'
import { decodeProxyHeader } from '@sockyard/protocol/proxy'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportTcpServer, showOptionsOf } from '@sockyard/service/metrics'
import { ipFamily } from '@sockyard/service/options'

import type { ServeOptions } from '../config.ts'
import { Chat } from './chat.ts'
import { createChatMetrics } from './metrics.ts'
import type { Mode } from './mode.ts'
import { Relay } from './relay.ts'

const LONGEST_SWEEP_MILLIS = 500
const SHORTEST_SWEEP_MILLIS = 10

/** The chat, or with `relay` the classic select() server. */
export function createChatServer(context: ServiceContext<ServeOptions>): Service {
  const { options, log, metrics } = context
  const modeContext = { metrics: createChatMetrics(metrics), log: limitLog(log) }
  const mode: Mode = options.relay
    ? new Relay(options, modeContext)
    : new Chat(options, modeContext)
  const server = createServer(context, mode)
  exportTcpServer(metrics, server)
  let sweeping: NodeJS.Timeout | undefined
  return {
    start: async () => {
      await mode.start?.(context.signal)
      await server.start()
      sweeping = setInterval(() => mode.sweep(performance.now()), sweepMillis(options))
    },
    stop: async (drained) => {
      await server.stop(drained)
      clearInterval(sweeping)
      await mode.stop?.(drained)
    },
  }
}

function createServer(context: ServiceContext<ServeOptions>, mode: Mode): TcpServer {
  const { options, activation, log, metrics } = context
  const choice = chooseEngine(options.engine)
  log.debug(choice, 'engine')
  return new TcpServer({
    port: options.port,
    host: options.host,
    family: ipFamily(options),
    activation,
    engine: choice.engine,
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    idleMillis: mode.idleMillis,
    addresses: new AccessList(options),
    proxies: proxiesOf(options),
    log,
    onListening: (socket) => showOptionsOf(metrics, socket),
    onConnection: (connection) => mode.accept(connection),
    rejectionMessage: (reason) => mode.rejectionMessage(reason),
    onStopping: (connection) => mode.disconnect(connection),
  })
}

function proxiesOf({ proxyFrom: allow }: ServeOptions): TcpServerOptions['proxies'] {
  if (allow.length === 0) return undefined
  return { addresses: new AccessList({ allow }), decode: decodeProxyHeader }
}

/** Often enough that the shortest of the time limits is noticed in time. */
function sweepMillis(options: ServeOptions): number {
  const { idleTimeout, firstLineTimeout, slowTimeout, floodTimeout } = options
  const shortest = Math.min(idleTimeout, firstLineTimeout, slowTimeout, floodTimeout)
  return Math.max(SHORTEST_SWEEP_MILLIS, Math.min(LONGEST_SWEEP_MILLIS, shortest / 4))
}
