import { UsageError } from '@sockyard/cli/errors'
import { chooseEngine, type EngineChoice } from '@sockyard/net/engine'

import type { ServeOptions } from '../config.ts'

/** How the server is built: in the form in which it is carried out. */
export interface Plan extends EngineChoice {
  design: ServeOptions['design']
  /** Threads that serve. */
  workers: number
  /** Whether datagrams wait for their turn: one by one, in a pool, or for the service time. */
  isQueued: boolean
}

const POOL = 4

/**
 * Puts `--design`, `--engine`, `--workers` and `--think` together.
 *
 * @throws {UsageError} when two options contradict each other
 * @throws {ConfigurationError} when the engine that is asked for cannot run here
 */
export function planOf(
  options: Pick<ServeOptions, 'design' | 'engine' | 'workers' | 'think'>,
): Plan {
  const { design, engine, think } = options
  const choice = chooseEngine(engine)
  const isQueued = design !== 'event-loop' || think > 0
  const workers = options.workers ?? (design === 'parallel' ? POOL : 1)
  if (workers > 1 && design !== 'parallel') checkThreads({ ...choice, design, workers, isQueued })
  return { ...choice, design, workers, isQueued }
}

/** Threads of the engine native answer at once, each what comes to its own socket. */
function checkThreads({ design, workers, isQueued, engine, why }: Plan): void {
  const refuse = (reason: string): UsageError =>
    new UsageError('--workers', String(workers), reason)
  if (design === 'iterative') throw refuse('cannot be combined with --design iterative')
  if (isQueued) throw refuse('cannot be combined with --think')
  if (engine === 'node') throw refuse(`requires the engine native: ${why}`)
}
