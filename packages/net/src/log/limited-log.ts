const WINDOW_MILLIS = 1000

/** The part of a log that a peer can make speak. */
export type LimitedLog = Record<
  'debug' | 'info' | 'warn' | 'error',
  (fields: object, message: string) => void
>

type LimitedLevel = keyof LimitedLog

/** What is limited: pino, or a thread's way to it. */
export interface LogTarget extends LimitedLog {
  isLevelEnabled(level: LimitedLevel): boolean
}

/**
 * Lets each message through a few times a second and then only counts it, so that no peer can
 * flood a log. What was held back follows within a second as the same message with `suppressed`.
 *
 * @param linesPerSecond for each message; messages are constants, what varies goes into the fields
 */
export function limitLog(log: LogTarget, linesPerSecond = 10): LimitedLog {
  const seen = new Map<string, { level: LimitedLevel; lines: number }>()

  function endWindow(): void {
    for (const [message, { level, lines }] of seen)
      if (lines > linesPerSecond) log[level]({ suppressed: lines - linesPerSecond }, message)
    seen.clear()
  }

  function limited(level: LimitedLevel): (fields: object, message: string) => void {
    return (fields, message) => {
      if (!log.isLevelEnabled(level)) return
      if (seen.size === 0) setTimeout(endWindow, WINDOW_MILLIS).unref()
      const entry = seen.get(message) ?? { level, lines: 0 }
      seen.set(message, entry)
      entry.lines += 1
      if (entry.lines <= linesPerSecond) log[level](fields, message)
    }
  }

  return {
    debug: limited('debug'),
    info: limited('info'),
    warn: limited('warn'),
    error: limited('error'),
  }
}
