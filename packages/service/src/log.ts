import type { Logger } from 'pino'
import { pino } from 'pino'

import { escapeJson } from './escape-text.ts'
import { textLine } from './log-line.ts'
import type { LogSettings } from './log-settings.ts'

export type { Logger } from 'pino'

interface LogOptions extends LogSettings {
  /** The app's name, a field of every line. */
  name: string
  /** Takes one finished line with its line feed. */
  write: (line: string) => void
  /** Takes the same event as one line of JSON, whatever the format. */
  publish: (json: string) => void
}

/**
 * Makes a log of one event a line, whatever text a peer has put into it.
 * An `err` field shows its stack at the levels debug and trace only.
 */
export function createLog({ name, level, format, write, publish }: LogOptions): Logger {
  const withStack = level === 'debug' || level === 'trace'
  const destination = {
    write(line: string) {
      const json = escapeJson(line.trimEnd())
      publish(json)
      write(`${format === 'text' ? textLine(json) : json}\n`)
    },
  }
  return pino(
    {
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => describeError(error, withStack) },
    },
    destination,
  )
}

function describeError(error: unknown, withStack: boolean): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, stack } = error
  return {
    type: name,
    message,
    ...('code' in error && { code: error.code }),
    ...(withStack && { stack }),
  }
}
