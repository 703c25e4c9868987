import type { ServiceContext } from '@sockyard/service/server-command'

import type { ServeOptions } from '../config.ts'
import { LINES_PER_SECOND, VANISHED_MILLIS } from '../epoll/epoll-server.ts'
import type { EngineRules, WorkerRules } from './messages.ts'

/** What every worker process is told. */
export function workerRules({ idleTimeout, think }: ServeOptions): WorkerRules {
  return { idleMillis: idleTimeout, thinkMillis: think, vanishedMillis: VANISHED_MILLIS }
}

/** What a worker process with an engine is told; who is let in is for the parent to say, unless told. */
export function engineRules(
  { options, log }: Pick<ServiceContext<ServeOptions>, 'options' | 'log'>,
  workers: number,
): EngineRules {
  const unlimited = Number.MAX_SAFE_INTEGER
  return {
    ...workerRules(options),
    entrance: 'channel',
    limits: { total: unlimited, perAddress: unlimited },
    allow: [],
    deny: [],
    isInfoLogged: log.isLevelEnabled('info'),
    linesPerSecond: Math.max(1, Math.floor(LINES_PER_SECOND / workers)),
  }
}
