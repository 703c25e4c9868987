import type { ActivationSockets } from '@sockyard/net/activation'
import { chooseEngine } from '@sockyard/net/engine'
import { limitLog } from '@sockyard/net/log'
import { TcpServer } from '@sockyard/net/tcp'
import { exportTcpServer, showOptionsOf } from '@sockyard/service/metrics'

import { ANSWERS, type Part, type PartContext, type ServiceName } from './services.ts'

/** Over TCP the connection is the request: it is answered and closed, and what the client sends is discarded. */
export function createTcpService(
  { options, log, metrics, now, family, rules, peers }: PartContext,
  service: ServiceName,
  activation: ActivationSockets,
): Part {
  const own = log.child({ service })
  const limited = limitLog(own)
  const server = new TcpServer({
    port: service === 'time' ? options.timePort : options.port,
    host: options.host,
    family,
    activation,
    engine: chooseEngine(options.engine).engine,
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    idleMillis: options.idleTimeout,
    addresses: rules.access,
    peers,
    log: own,
    onListening: (socket) => showOptionsOf(metrics, socket),
    onConnection(connection) {
      const { address, port } = connection
      limited.info({ transport: 'tcp', address, port }, 'asked')
      connection.write(ANSWERS[service](now()))
      // The client has nothing more to wait for, whether it ends its side or not.
      connection.lingeringClose()
      return undefined
    },
  })
  exportTcpServer(metrics, server)
  return {
    start: async () => (await server.start()).port,
    stop: (drained) => server.stop(drained),
  }
}
