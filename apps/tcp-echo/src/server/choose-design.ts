import { availableParallelism } from 'node:os'

import { UsageError } from '@sockyard/cli/errors'
import { chooseEngine, type EngineChoice } from '@sockyard/net/engine'
import { taskLimit } from '@sockyard/service/lifecycle'

import type { ServeOptions } from '../config.ts'

type Design = ServeOptions['design']
type Asked = Pick<
  ServeOptions,
  'design' | 'engine' | 'workers' | 'connections' | 'maxChildren' | 'maxConnections'
>

/** How the server is built. */
export interface Plan extends EngineChoice {
  design: Design
  /** Threads or processes that serve. */
  workers: number
  /** The most connections there may be, so far as the design limits them. */
  maxConnections: number
}

const MAXIMUM_CHILDREN = 32
/** Threads of one process of Node: beyond the limit of a container the next one cannot start. */
const TASKS_OF_A_CHILD = 12
/** Which designs an option belongs to. */
const BELONGS = {
  workers: ['event-loop', 'pass', 'accept', 'reuse-port'],
  connections: ['iterative'],
  maxChildren: ['spawn'],
} as const satisfies Partial<Record<keyof Asked, readonly Design[]>>
const FLAGS = { workers: '--workers', connections: '--connections', maxChildren: '--max-children' }
/** In these the parent accepts, or one process serves: by system call or by node:net. */
const EITHER_ENGINE: ReadonlySet<Design> = new Set(['event-loop', 'spawn', 'pass'])

/**
 * Puts `--design` and `--engine` together: event-loop, spawn and pass go with either engine, the others with
 * `native`.
 *
 * @param isActivated whether the service was started with its socket
 * @throws {UsageError} when two options contradict each other
 * @throws {ConfigurationError} when what was asked for is not possible here
 */
export function chooseDesign(asked: Asked, isActivated: boolean): Plan {
  checkOptions(asked)
  const { design, engine } = asked
  if (isActivated) checkActivated(asked)
  const choice = chooseEngine(EITHER_ENGINE.has(design) ? engine : 'auto')
  const needsNative = !EITHER_ENGINE.has(design) || threads(asked) > 1
  if (needsNative && choice.engine === 'node') throw unavailable(asked, choice)
  return { ...choice, design, ...sizes(asked) }
}

function threads({ design, workers = 1 }: Asked): number {
  return design === 'event-loop' ? workers : 1
}

function unavailable({ design, workers }: Asked, { why }: EngineChoice): UsageError {
  if (design !== 'event-loop') return new UsageError('--design', design, `cannot run here: ${why}`)
  const reason = why === 'asked for' ? 'node was asked for' : why
  return new UsageError('--workers', String(workers), `requires the engine native: ${reason}`)
}

/** Workers open their own sockets, or get those that the parent has bound. */
function checkActivated({ design, workers = 1 }: Asked): void {
  const reason = 'cannot run here: the socket was opened by another program'
  if (design !== 'event-loop') throw new UsageError('--design', design, reason)
  if (workers > 1) throw new UsageError('--workers', String(workers), reason)
}

function checkOptions(asked: Asked): void {
  const { design, engine } = asked
  if (engine === 'node' && !EITHER_ENGINE.has(design))
    throw new UsageError('--engine', engine, `cannot be combined with --design ${design}`)
  for (const name of ['workers', 'connections', 'maxChildren'] as const) {
    const designs: readonly Design[] = BELONGS[name]
    if (asked[name] !== undefined && !designs.includes(design))
      throw new UsageError(
        FLAGS[name],
        String(asked[name]),
        `requires --design ${designs.join(', ')}`,
      )
  }
}

/** As many as have room beside this process, at least one. */
function childrenHere(): number {
  const room = Math.floor(taskLimit() / TASKS_OF_A_CHILD) - 1
  return Math.max(1, Math.min(MAXIMUM_CHILDREN, room))
}

function sizes(asked: Asked): { workers: number; maxConnections: number } {
  const { design, maxConnections, maxChildren = childrenHere() } = asked
  if (design === 'event-loop' || design === 'iterative')
    return { workers: threads(asked), maxConnections }
  if (design === 'spawn')
    return { workers: 0, maxConnections: Math.min(maxConnections, maxChildren) }
  return { workers: asked.workers ?? Math.max(2, availableParallelism()), maxConnections }
}
