import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

import { EPOLL } from '@sockyard/posix/epoll'
import { type BlockingThreadStart, OrderBook } from '@sockyard/service/blocking-thread'
import { limitLog, type LimitedLog, type LogTarget } from '@sockyard/service/limited-log'

import type { Peer } from './echo-connection.ts'
import { EchoEngine } from './echo-engine.ts'
import type { EngineStart } from './engine-start.ts'

/** A line for the log of the main thread. */
export interface WorkerLine {
  level: keyof LimitedLog
  fields: object
  message: string
}

function logTarget(isInfoLogged: boolean): LogTarget {
  return {
    debug: poster('debug'),
    info: poster('info'),
    warn: poster('warn'),
    error: poster('error'),
    isLevelEnabled: (level) => isInfoLogged || level === 'warn' || level === 'error',
  }
}

function poster(level: keyof LimitedLog): LogTarget['info'] {
  return (fields, message) =>
    parentPort?.postMessage({ level, fields, message } satisfies WorkerLine, [])
}

/** Timers of this thread run at least so often. */
const TURN_MILLIS = 20

/** The bell beside the peers: when it rings there is an order. */
function bellOf(orders: OrderBook, engine: EchoEngine): Peer {
  return {
    socket: orders.bell,
    deadline: Number.POSITIVE_INFINITY,
    progress() {
      const order = orders.read()
      if (order === 'stop') engine.stop()
      if (order === 'end') engine.end()
      return EPOLL.IN
    },
  }
}

async function serve(engine: EchoEngine): Promise<void> {
  let yieldedAt = performance.now()
  while (!engine.isDone) {
    engine.turn(engine.napMillis)
    if (performance.now() - yieldedAt < TURN_MILLIS) continue
    await setImmediate()
    yieldedAt = performance.now()
  }
  engine.close()
}

const started = workerData as BlockingThreadStart
const start = started.data as EngineStart
const orders = new OrderBook(started)
const log = limitLog(logTarget(start.isInfoLogged), start.linesPerSecond)
const engine = new EchoEngine(start, log)
engine.watch(bellOf(orders, engine))
await serve(engine)
orders.bell.close()
