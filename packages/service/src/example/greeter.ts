import { createAddressList } from '@sockyard/service/address-list'
import type { Service, ServiceContext } from '@sockyard/service/server-command'
import { createTcpServer } from '@sockyard/service/tcp-server'

import type { ServeOptions } from './config.ts'

/** Tells whoever connects the greeting, and ends. */
export function createGreeter(context: ServiceContext<ServeOptions>): Service {
  const { options, inherited, log, metrics } = context
  const server = createTcpServer({
    ...options,
    inherited,
    idleMillis: options.idleTimeout,
    addresses: createAddressList(options),
    log,
    metrics,
    onConnection: ({ socket, address }) => {
      log.debug({ address }, 'greeted')
      socket.end(`${options.greeting}\n`)
    },
  })
  return { start: async () => void (await server.start()), stop: (drained) => server.stop(drained) }
}
