import type { AddressList } from '@sockyard/service/address-list'
import { endSoon } from '@sockyard/service/end-soon'
import type { InheritedSockets } from '@sockyard/service/inherited-sockets'
import { limitLog } from '@sockyard/service/limited-log'
import type { ServiceContext } from '@sockyard/service/server-command'
import { createTcpServer } from '@sockyard/service/tcp-server'

import type { ServeOptions } from './config.ts'
import type { Part } from './daytime-server.ts'
import { ANSWERS, type ServiceName } from './time-service.ts'

interface Parts extends Pick<ServiceContext<ServeOptions>, 'options' | 'log' | 'metrics' | 'now'> {
  family: 4 | 6 | undefined
  rules: { addresses: AddressList }
}

/** Over TCP the connection is the question: it is answered and closed, and what the client says thrown away. */
export function createStreamService(
  { options, log, metrics, now, family, rules }: Parts,
  service: ServiceName,
  inherited: InheritedSockets,
): Part {
  const own = log.child({ service })
  const limited = limitLog(own)
  const server = createTcpServer({
    port: service === 'time' ? options.timePort : options.port,
    host: options.host,
    family,
    inherited,
    maxConnections: options.maxConnections,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    idleMillis: options.idleTimeout,
    addresses: rules.addresses,
    log: own,
    metrics,
    onConnection({ socket, address, port }) {
      limited.info({ transport: 'tcp', address, port }, 'asked')
      socket.write(ANSWERS[service](now()))
      // A client that does not end its side has nothing more to come for.
      endSoon(socket)
    },
  })
  return {
    start: async () => (await server.start()).port,
    stop: (drained) => server.stop(drained),
  }
}
