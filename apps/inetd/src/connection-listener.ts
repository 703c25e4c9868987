import { createTcpServer, type TcpConnection } from '@sockyard/service/tcp-server'

import type { Program } from './definition.ts'
import { endStream, internalStreams } from './internal-streams.ts'
import type { Listener, Service } from './service.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Listens for connections to an internal service, or to a program that gets each (`stream`, `nowait`).
 *
 * @param address numeric; `::` is every address
 */
export async function openConnectionListener(
  service: Service,
  address: string,
  surroundings: Surroundings,
): Promise<Listener> {
  const { entry, port, label } = service.definition
  const { options, log, metrics, addresses, tallies } = surroundings
  let isEnd = false
  const server = createTcpServer({
    port,
    host: address,
    family: entry.family,
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    idleMillis: options.idleTimeout,
    addresses,
    log: log.child({ service: label }),
    metrics,
    onConnection: (connection) => serve(connection, service, surroundings),
    onRefused: (_socket, reason) => tallies.refused(service.label, reason),
    onStopping: ({ socket }) => {
      const { run } = service.definition
      if (isEnd && run.internal !== undefined) endStream(run.internal, socket)
    },
  })
  await server.start()
  return {
    async stop(drained, end) {
      isEnd = end
      await server.stop(drained)
    },
  }
}

function serve(connection: TcpConnection, service: Service, surroundings: Surroundings): void {
  const { run } = service.definition
  if (run.internal === undefined)
    return startProgram(connection, run.program, service, surroundings)
  surroundings.tallies.started(service.label)
  internalStreams[run.internal](connection.socket, surroundings.now())
}

/** Before it returns the program has the connection: nothing of what the peer sends was read here. */
function startProgram(
  { socket, address, port }: TcpConnection,
  program: Program,
  service: Service,
  { children, tallies, limited }: Surroundings,
): void {
  const { label, visits } = service
  const reason = visits.refusal(address, children.isFull)
  if (reason !== undefined) {
    tallies.refused(label, reason)
    limited.info({ service: label, address, reason }, 'refused')
    socket.destroy()
    return
  }
  const since = performance.now()
  visits.enter(address)
  const child = children.start(program, socket, { address, port }, (end) => {
    visits.leave(address)
    tallies.ended(label, end)
    const seconds = Math.round(performance.now() - since) / 1000
    limited.info({ service: label, pid: child?.pid, address, port, end, seconds }, 'ended')
  })
  socket.destroy()
  if (child === undefined) return
  tallies.started(label)
  limited.info({ service: label, pid: child.pid, address, port }, 'started')
}
