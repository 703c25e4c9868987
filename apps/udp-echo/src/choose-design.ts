import { UsageError } from '@sockyard/service/errors'

import { type Choice, chooseEngine } from './choose-engine.ts'
import type { ServeOptions } from './config.ts'

type Asked = Pick<ServeOptions, 'design' | 'engine' | 'workers' | 'think'>

/** How the server is built: in the form in which it is carried out. */
export interface Plan extends Choice {
  design: Exclude<ServeOptions['design'], 'batch'>
  /** Threads that serve. */
  workers: number
}

const POOL = 4

/**
 * Puts `--design` and `--engine` together. The batch engine answers what came in one call with one call: it has no
 * service time, and serves nobody one by one.
 *
 * @param isInherited whether the service was started with its socket
 * @throws {UsageError} when two options contradict each other, or what was asked for cannot be had here
 */
export function chooseDesign(asked: Asked, isInherited: boolean): Plan {
  const { design, engine, think } = asked
  if (design === 'iterative' || design === 'parallel') return oneByOne(asked, design)
  if (design === 'batch' && engine === 'dgram')
    throw new UsageError('--engine', engine, 'does not go with --design batch')
  const isBatch = design === 'batch' || engine === 'batch'
  if (isBatch && think > 0) throw new UsageError('--think', undefined, 'does not go with batch')
  const workers = asked.workers ?? 1
  if (think > 0)
    return {
      ...chooseEngine({ engine: 'dgram', workers }, isInherited),
      design: 'event-loop',
      workers,
    }
  const choice = chooseEngine({ engine: isBatch ? 'batch' : engine, workers }, isInherited)
  return { ...choice, design: 'event-loop', workers }
}

function oneByOne({ engine, workers }: Asked, design: 'iterative' | 'parallel'): Plan {
  if (engine === 'batch')
    throw new UsageError('--engine', engine, `does not go with --design ${design}`)
  if (design === 'iterative' && workers !== undefined)
    throw new UsageError('--workers', String(workers), 'does not go with --design iterative')
  return { engine: 'dgram', design, workers: design === 'iterative' ? 1 : (workers ?? POOL) }
}
