import { setTimeout } from 'node:timers/promises'

import { limitLog } from '@sockyard/net/log'
import { returnPath } from '@sockyard/net/udp'
import type { Logger } from '@sockyard/service/log'

import type { ServeOptions } from '../config.ts'
import type { Answer } from './echo-handler.ts'
import type { Plan } from './plan.ts'
import { RequestQueue, type Serve } from './request-queue.ts'
import { ThreadPool } from './thread-pool.ts'

const MODULE = new URL('request-thread.ts', import.meta.url)

/** Answers that wait for their turn. */
export interface QueuedEcho {
  readonly answer: Answer
  /** Takes no more; fulfilled when nothing waits any more, or `drained` is aborted. */
  stop(drained: AbortSignal): Promise<void>
}

/**
 * Echoes with a service time for each datagram: one after the other (`iterative`), in threads of a pool (`parallel`),
 * or as many at once as may wait (`event-loop`).
 */
export function createQueuedEcho(
  { design, workers }: Plan,
  { maxQueue: maximum, think: thinkMillis }: ServeOptions,
  log: Logger,
): QueuedEcho {
  const pool = design === 'parallel' ? createPool(workers, thinkMillis, log) : undefined
  const think: Serve = async (bytes) => (thinkMillis === 0 ? bytes : setTimeout(thinkMillis, bytes))
  const limits =
    design === 'event-loop'
      ? { concurrency: maximum, maximum: 0 }
      : { concurrency: workers, maximum }
  const queue = new RequestQueue(pool === undefined ? think : (bytes) => pool.serve(bytes), limits)
  let isStopping = false
  return {
    answer(datagrams, index, socket) {
      if (isStopping || !queue.hasRoom) return false
      const to = returnPath(datagrams, index)
      queue.add(Buffer.from(datagrams.bytes(index)), (echo) => void socket.send(echo, to))
      return true
    },
    async stop(drained) {
      isStopping = true
      await Promise.race([queue.idle, aborted(drained)])
      await pool?.close()
    },
  }
}

function createPool(workers: number, thinkMillis: number, log: Logger): ThreadPool {
  const limited = limitLog(log)
  return new ThreadPool(workers, {
    module: MODULE,
    data: { thinkMillis },
    onDeath: (error) => limited.warn({ error }, 'worker died'),
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
