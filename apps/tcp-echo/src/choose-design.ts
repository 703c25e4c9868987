import { availableParallelism } from 'node:os'

import { UsageError } from '@sockyard/service/errors'
import { taskLimit } from '@sockyard/service/task-limit'

import { type Choice, chooseEngine, whatEpollLacks } from './choose-engine.ts'
import type { ServeOptions } from './config.ts'

type Design = ServeOptions['design']
type Asked = Pick<
  ServeOptions,
  'design' | 'engine' | 'workers' | 'connections' | 'maxChildren' | 'maxConnections'
>

/** How the server is built: in the form in which it is carried out. */
export interface Plan extends Choice {
  design: Exclude<Design, 'epoll'>
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
  workers: ['event-loop', 'epoll', 'pass', 'accept', 'reuse-port'],
  connections: ['iterative'],
  maxChildren: ['spawn'],
} as const satisfies Partial<Record<keyof Asked, readonly Design[]>>
const FLAGS = { workers: '--workers', connections: '--connections', maxChildren: '--max-children' }
/** These leave it to the parent to accept, by system call or by node:net. */
const EITHER_ENGINE: ReadonlySet<Design> = new Set(['event-loop', 'spawn', 'pass'])

/**
 * Puts `--design` and `--engine` together: event-loop, spawn and pass go with either engine, the others with epoll.
 *
 * @param isInherited whether the service was started with its socket
 * @throws {UsageError} when two options contradict each other, or what was asked for cannot be had here
 */
export function chooseDesign(asked: Asked, isInherited: boolean): Plan {
  checkOptions(asked)
  const { design, engine, maxConnections } = asked
  const workers = asked.workers ?? 1
  if (design === 'event-loop' || design === 'epoll') {
    const choice = chooseEngine(
      { engine: design === 'epoll' ? design : engine, workers },
      isInherited,
    )
    return { ...choice, design: 'event-loop', workers, maxConnections }
  }
  return { ...classic(asked, design, isInherited), design, ...sizes(asked, design) }
}

function checkOptions(asked: Asked): void {
  const { design, engine } = asked
  if (engine === 'node' && !EITHER_ENGINE.has(design))
    throw new UsageError('--engine', engine, `does not go with --design ${design}`)
  for (const name of ['workers', 'connections', 'maxChildren'] as const) {
    const designs: readonly Design[] = BELONGS[name]
    if (asked[name] !== undefined && !designs.includes(design))
      throw new UsageError(
        FLAGS[name],
        String(asked[name]),
        `goes with --design ${designs.join(', ')}`,
      )
  }
}

function classic({ engine }: Asked, design: Design, isInherited: boolean): Choice {
  if (isInherited)
    throw new UsageError(
      '--design',
      design,
      'cannot run here: the socket was opened by another program',
    )
  if (engine === 'node') return { engine }
  const missing = whatEpollLacks(isInherited)
  if (missing === undefined) return { engine: 'epoll' }
  if (engine === 'epoll' || !EITHER_ENGINE.has(design))
    throw new UsageError('--design', design, `cannot run here: ${missing}`)
  return { engine: 'node', why: missing }
}

/** As many as have room beside this process, at least one. */
function childrenHere(): number {
  const room = Math.floor(taskLimit() / TASKS_OF_A_CHILD) - 1
  return Math.max(1, Math.min(MAXIMUM_CHILDREN, room))
}

function sizes(asked: Asked, design: Design): { workers: number; maxConnections: number } {
  const { maxConnections, maxChildren = childrenHere() } = asked
  if (design === 'iterative') return { workers: 1, maxConnections }
  if (design === 'spawn')
    return { workers: 0, maxConnections: Math.min(maxConnections, maxChildren) }
  return { workers: asked.workers ?? Math.max(2, availableParallelism()), maxConnections }
}
