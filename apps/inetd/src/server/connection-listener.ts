import { chooseEngine } from '@sockyard/net/engine'
import { type ConnectionHandler, type TcpConnection, TcpServer, wasReset } from '@sockyard/net/tcp'
import { nativeCallsWork } from '@sockyard/posix/ffi'
import { setSocketOption } from '@sockyard/posix/options'
import { exportTcpServer, showOptionsOf } from '@sockyard/service/metrics'

import type { Program } from '../configuration/definition.ts'
import { endStream, internalStreams } from './internal-streams.ts'
import type { End } from './program-processes.ts'
import type { InetdContext, Listener, Place, Service } from './service.ts'

/**
 * Listens for connections to an internal service, or to a program that gets each (`stream`, `nowait`).
 *
 * @throws {NetworkError} when it cannot be bound
 */
export async function openConnectionListener(
  service: Service,
  { address, port, family }: Place,
  context: InetdContext,
): Promise<Listener> {
  const { label } = service.definition
  const { options, log, metrics, addresses, peers, counters } = context
  let isEnd = false
  const server = new TcpServer({
    port,
    host: address,
    family,
    engine: chooseEngine(options.engine).engine,
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    idleMillis: options.idleTimeout,
    addresses,
    peers,
    log: log.child({ service: label }),
    onListening: (socket) => showOptionsOf(metrics, socket),
    onConnection: (connection) => accept(connection, service, context),
    rejectionMessage(reason) {
      counters.rejected(service.label, reason)
      return undefined
    },
    onStopping(connection) {
      const { run } = service.definition
      if (isEnd && run.internal !== undefined) endStream(run.internal, connection)
    },
  })
  exportTcpServer(metrics, server)
  const bound = await server.start()
  return {
    port: bound.port,
    async stop(drained, end) {
      isEnd = end
      await server.stop(drained)
    },
  }
}

function accept(
  connection: TcpConnection,
  service: Service,
  context: InetdContext,
): ConnectionHandler | undefined {
  const { run } = service.definition
  if (run.internal === undefined) {
    startProgram(connection, run.program, service, context)
    return undefined
  }
  context.counters.started(service.label)
  return internalStreams[run.internal](connection, context.now())
}

/** Before it returns the program has the connection: nothing of what the peer sends was read here. */
function startProgram(
  connection: TcpConnection,
  program: Program,
  service: Service,
  { programs, counters, limited }: InetdContext,
): void {
  const { label, limiter } = service
  const { socket, address, port } = connection
  if (wasReset(socket)) return connection.destroy()
  const peer = { address, port }
  const reason = programs.rejectReason(peer, limiter)
  if (reason !== undefined) {
    counters.rejected(label, reason)
    limited.info({ service: label, address, reason }, 'refused')
    connection.destroy()
    return
  }
  // A program finds it as after accept(2).
  if (nativeCallsWork()) setSocketOption(socket, 'SO_OOBINLINE', false)
  const since = performance.now()
  const onEnd = (end: End): void => {
    counters.ended(label, end)
    const seconds = Math.round(performance.now() - since) / 1000
    limited.info({ service: label, pid: child?.pid, ...peer, end, seconds }, 'ended')
  }
  const child = programs.start({ program, socket, peer, limiter, onEnd })
  connection.destroy()
  if (child === undefined) return
  counters.started(label)
  limited.info({ service: label, pid: child.pid, ...peer }, 'started')
}
