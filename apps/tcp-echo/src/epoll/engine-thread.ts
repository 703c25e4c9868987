import { BlockingThread } from '@sockyard/service/blocking-thread'
import type { LimitedLog } from '@sockyard/service/limited-log'

import type { EngineHost } from './engine-host.ts'
import type { EngineStart } from './engine-start.ts'
import type { WorkerLine } from './epoll-worker.ts'

const MODULE = new URL('epoll-worker.ts', import.meta.url)

/**
 * An engine in a thread of its own, which waits in epoll_wait(2).
 *
 * @param log takes the thread's lines, which are limited already
 */
export function startEngineThread(
  start: EngineStart,
  log: LimitedLog,
  fail: (error: Error) => void,
): EngineHost {
  const thread = new BlockingThread({
    module: MODULE,
    data: start,
    onMessage: (message) => {
      const { level, fields, message: text } = message as WorkerLine
      log[level](fields, text)
    },
    onFailure: fail,
  })
  return {
    stop: () => thread.order('stop'),
    end: () => thread.order('end'),
    ended: thread.ended,
  }
}
