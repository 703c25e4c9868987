import { whenReadable } from '@sockyard/posix/when-readable'
import { limitLog, type LogTarget } from '@sockyard/service/limited-log'

import { EchoEngine, type EngineParts } from './echo-engine.ts'
import type { EngineHost } from './engine-host.ts'
import type { EngineStart } from './engine-start.ts'

/** What else the event loop has to do, such as the admin endpoint, waits at most so long. */
const TURN_MILLIS = 10

/**
 * An engine in this thread: Node's event loop watches its epoll. It is as fast as one in a thread of its own,
 * which would cost 16 MB.
 */
export function startEngineHere(
  start: EngineStart,
  log: LogTarget,
  parts: EngineParts = {},
): EngineHost {
  const engine = new EchoEngine(start, limitLog(log, start.linesPerSecond), parts)
  let isOver = false
  const ended = Promise.withResolvers<void>()
  const stopWatch = whenReadable(engine.descriptor, () => {
    serve(engine)
    finish()
  })
  let timer: NodeJS.Timeout
  function nap(): void {
    timer = setTimeout(() => {
      engine.turn(0)
      if (!finish()) nap()
    }, engine.napMillis)
  }
  function finish(): boolean {
    if (isOver) return true
    if (!engine.isDone) return false
    isOver = true
    clearTimeout(timer)
    stopWatch()
    engine.close()
    ended.resolve()
    return true
  }
  nap()
  return {
    stop() {
      if (isOver) return
      engine.stop()
      clearTimeout(timer)
      if (!finish()) nap()
    },
    end() {
      if (isOver) return
      engine.end()
      finish()
    },
    ended: ended.promise,
  }
}

/** Until nothing is left to do, or the others have waited long enough. */
function serve(engine: EchoEngine): void {
  const until = performance.now() + TURN_MILLIS
  while (engine.turn(0) > 0 && performance.now() < until);
}
