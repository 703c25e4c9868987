import type { ServiceContext } from '@sockyard/service/server-command'

import type { ServeOptions } from './config.ts'
import type { VerdictNumbers } from './verdict-numbers.ts'

/** One way to receive and to answer. */
export interface EchoEngine {
  /** Binds, logs "listening", and answers from now on. */
  start(): Promise<void>
  /** Reads no more, sends what waits, closes. */
  stop(drained: AbortSignal): Promise<void>
}

/** What an engine is made with. */
export interface EngineParts extends Pick<
  ServiceContext<ServeOptions>,
  'inherited' | 'log' | 'metrics' | 'fail'
> {
  /** With the number of workers that the design has. */
  options: ServeOptions & { workers: number }
  family: 4 | 6 | undefined
  /** Where an engine adds what its threads count. */
  counted: VerdictNumbers[]
}
