import process from 'node:process'

import type { EngineCounts } from '../epoll/engine-counts.ts'
import type { News, Order } from './messages.ts'

const REPORT_MILLIS = 100

/** Tells the process that started this one. */
export function tell(news: News, whenTold: () => void = () => undefined): void {
  if (process.connected) process.send?.(news, undefined, {}, whenTold)
  else whenTold()
}

/**
 * Tells what is counted, when it has changed.
 *
 * @param host the global `process`
 * @returns tells the rest, and ends the process
 */
export function reportCounts(host: NodeJS.Process, counts: EngineCounts): () => void {
  const values = new Float64Array(counts.memory)
  let told = values.slice()
  const report = (whenTold?: () => void): void => {
    told = values.slice()
    tell({ kind: 'counts', values: [...told] }, whenTold)
  }
  const timer = setInterval(() => {
    if (values.some((value, index) => value !== told[index])) report()
  }, REPORT_MILLIS)
  timer.unref()
  return () => report(() => host.exit())
}

/**
 * Obeys the process that started this one and nobody else: a terminal's signals go to both, and it is for the parent
 * to say what they mean. Without a parent there is nobody to serve for.
 */
export function obey(host: NodeJS.Process, carryOut: (order: Order) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) host.on(signal, () => undefined)
  host.on('disconnect', () => host.exit())
  host.on('message', (message) => {
    if (message === 'stop' || message === 'end') carryOut(message)
  })
}
