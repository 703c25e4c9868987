import { createAddressList } from '@sockyard/service/address-list'
import { ipFamily } from '@sockyard/service/common-options'
import { type LimitedLog, limitLog } from '@sockyard/service/limited-log'
import { Histogram, type Registry } from '@sockyard/service/prometheus'
import type { Service, ServiceContext } from '@sockyard/service/server-command'
import { createTcpServer, type TcpConnection } from '@sockyard/service/tcp-server'

import type { ServeOptions } from './config.ts'
import { echo, endWhenQuiet } from './echo-stream.ts'
import { VISIT_METRIC } from './visit-metric.ts'

/** The echo service of RFC 862 over TCP, with node:net. */
export function createNodeServer(context: ServiceContext<ServeOptions>): Service {
  const { options, inherited, log, metrics } = context
  const { host, idleTimeout: idleMillis, think: thinkMillis, allow, deny } = options
  const visits = watchVisits(limitLog(log), metrics)
  const server = createTcpServer({
    port: options.port,
    host,
    family: ipFamily(options),
    inherited,
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    idleMillis,
    addresses: createAddressList({ allow, deny }),
    log,
    metrics,
    onConnection(connection) {
      visits(connection)
      echo(connection.socket, thinkMillis)
    },
    onStopping: ({ socket }) => endWhenQuiet(socket, thinkMillis),
  })
  return {
    start: async () => void (await server.start()),
    stop: (drained) => server.stop(drained),
  }
}

/** Says who comes and goes, and measures how long they stay. */
function watchVisits(log: LimitedLog, metrics: Registry): (connection: TcpConnection) => void {
  const durations = new Histogram({
    ...VISIT_METRIC,
    registers: [metrics],
  })
  return ({ id, socket, address, port }) => {
    const since = performance.now()
    log.info({ id, address, port }, 'connected')
    socket.once('close', () => {
      const seconds = Math.round(performance.now() - since) / 1000
      durations.observe(seconds)
      const { bytesRead: receivedBytes, bytesWritten: sentBytes } = socket
      log.info({ id, address, port, receivedBytes, sentBytes, seconds }, 'disconnected')
    })
  }
}
