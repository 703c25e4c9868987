import type { Service, ServiceContext } from '@sockyard/service/server-command'

import { chooseEngine } from './choose-engine.ts'
import type { ServeOptions } from './config.ts'

/**
 * The echo service of RFC 862 over TCP: what a peer sends comes back, up to its FIN and then ours. What the other
 * engine needs is not loaded.
 *
 * @throws {UsageError} when the engine that was asked for cannot be had here
 */
export async function createEchoServer(context: ServiceContext<ServeOptions>): Promise<Service> {
  const choice = chooseEngine(context.options, !context.inherited.isEmpty)
  context.log.debug(choice, 'engine')
  if (choice.engine === 'node') return (await import('./node-server.ts')).createNodeServer(context)
  return (await import('./epoll/epoll-server.ts')).createEpollServer(context)
}
