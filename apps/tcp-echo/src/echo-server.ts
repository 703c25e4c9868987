import type { Service, ServiceContext } from '@sockyard/service/server-command'

import { chooseDesign } from './choose-design.ts'
import type { ServeOptions } from './config.ts'

/**
 * The echo service of RFC 862 over TCP: what a peer sends comes back, up to its FIN and then ours. What the other
 * designs and engines need is not loaded.
 *
 * @throws {UsageError} when the design or the engine that was asked for cannot be had here
 */
export async function createEchoServer(context: ServiceContext<ServeOptions>): Promise<Service> {
  const plan = chooseDesign(context.options, !context.inherited.isEmpty)
  context.log[plan.why === undefined ? 'debug' : 'info'](plan, 'engine')
  const { design, engine } = plan
  if (design === 'spawn')
    return (await import('./designs/spawn-server.ts')).createSpawnServer(context, plan)
  if (design === 'pass')
    return (await import('./designs/pass-server.ts')).createPassServer(context, plan)
  if (design === 'accept' || design === 'reuse-port')
    return (await import('./designs/accept-server.ts')).createAcceptServer(context, plan)
  if (engine === 'node') return (await import('./node-server.ts')).createNodeServer(context)
  return (await import('./epoll/epoll-server.ts')).createEpollServer(context, plan)
}
