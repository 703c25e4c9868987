import { AccessList } from '@sockyard/net/access'
import { chooseEngine } from '@sockyard/net/engine'
import { TcpServer } from '@sockyard/net/tcp'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportTcpServer, showOptionsOf } from '@sockyard/service/metrics'

import type { ServeOptions } from './config.ts'

/** Sends each client the greeting, and FIN. */
export function createGreeter(context: ServiceContext<ServeOptions>): Service {
  const { options, activation, log, metrics } = context
  const server = new TcpServer({
    ...options,
    activation,
    engine: chooseEngine(options.engine).engine,
    idleMillis: options.idleTimeout,
    addresses: new AccessList(options),
    log,
    onListening: (socket) => showOptionsOf(metrics, socket),
    onConnection(connection) {
      log.debug({ address: connection.address }, 'greeted')
      connection.write(Buffer.from(`${options.greeting}\n`))
      connection.lingeringClose()
      return undefined
    },
  })
  exportTcpServer(metrics, server)
  return { start: async () => void (await server.start()), stop: (drained) => server.stop(drained) }
}
