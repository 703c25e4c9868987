import { setTimeout } from 'node:timers/promises'

import { limitLog } from '@sockyard/service/limited-log'

import type { Plan } from '../choose-design.ts'
import { createDgramEngine } from '../dgram-engine.ts'
import type { EchoEngine, EngineParts } from '../echo-engine.ts'
import { RequestQueue, type Serve } from './request-queue.ts'
import { ThreadPool } from './thread-pool.ts'

const MODULE = new URL('request-thread.ts', import.meta.url)

/**
 * Echoes with a service time for each datagram: one after the other (`iterative`), in threads of a pool (`parallel`),
 * or as many at once as may wait (`event-loop`).
 */
export function createQueuedEngine(parts: EngineParts, design: Plan['design']): EchoEngine {
  const { options, log } = parts
  const { maxQueue: maximum, think: thinkMillis, workers } = options
  const pool = design === 'parallel' ? threads(parts) : undefined
  const think: Serve = async (bytes) => (thinkMillis === 0 ? bytes : setTimeout(thinkMillis, bytes))
  const serve: Serve = pool === undefined ? think : (bytes) => pool.serve(bytes)
  const limits =
    design === 'event-loop'
      ? { concurrency: maximum, maximum: 0 }
      : { concurrency: workers, maximum }
  const queue = new RequestQueue(serve, limits)
  let isStopping = false
  const engine = createDgramEngine(parts, (bytes, send) => !isStopping && queue.add(bytes, send))
  return {
    async start() {
      await engine.start()
      log.debug({ design, workers, thinkMillis }, 'design')
    },
    async stop(drained) {
      isStopping = true
      await Promise.race([queue.idle, aborted(drained)])
      await pool?.close()
      await engine.stop(drained)
    },
  }
}

function threads({ options, log }: EngineParts): ThreadPool {
  const limited = limitLog(log)
  return new ThreadPool(options.workers, {
    module: MODULE,
    data: { thinkMillis: options.think },
    onDeath: (error) => limited.warn({ error: error.message }, 'worker died'),
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
