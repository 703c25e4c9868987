import { nativeCallsWork } from '@sockyard/posix/libc'
import { UsageError } from '@sockyard/service/errors'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import type { ServeOptions } from './config.ts'
import { createEchoServer } from './echo-server.ts'

/** The echo server on the engine that was asked for; `auto` is epoll where native calls work. */
export async function createOnEngine(context: ServiceContext<ServeOptions>): Promise<Service> {
  const { engine, workers } = context.options
  // A socket that inetd or systemd has opened is Node's to serve.
  const isPassed = !context.inherited.isEmpty
  if (!(isPassed && engine === 'auto') && chosenEngine(engine, nativeCallsWork) === 'epoll') {
    const { createEpollServer } = await import('./epoll/epoll-server.ts')
    return createEpollServer(context)
  }
  if (workers > 1) throw new UsageError('--workers', String(workers), 'needs --engine epoll')
  return createEchoServer(context)
}

/**
 * @param works whether native calls can be made here
 * @throws {UsageError} when epoll was asked for and cannot be had
 */
export function chosenEngine(
  asked: ServeOptions['engine'],
  works: () => boolean,
): 'epoll' | 'node' {
  if (asked === 'node') return 'node'
  if (works()) return 'epoll'
  if (asked === 'auto') return 'node'
  throw new UsageError('--engine', asked, 'needs koffi, which cannot be loaded here')
}
