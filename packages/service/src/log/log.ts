import { escapeJson, timestamp } from '@sockyard/cli/text'
import type { Logger } from 'pino'
import { pino } from 'pino'

import { textLine } from './log-format.ts'
import type { LogSettings } from './log-format.ts'

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
 * An `error` field is an object in every line, with its stack at the levels debug and trace only.
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
      timestamp: () => `,"at":"${timestamp()}"`,
      formatters: { level: (label) => ({ level: label }) },
      errorKey: 'error',
      serializers: { error: (error: unknown) => describeError(error, withStack) },
    },
    destination,
  )
}

/** @param error an Error, or the message of one: of a worker, say, whose errors do not leave it as objects */
function describeError(error: unknown, withStack: boolean): unknown {
  if (typeof error === 'string') return { message: error }
  if (!(error instanceof Error)) return error
  const { name, message, stack } = error
  return {
    type: name,
    message,
    ...('errorClass' in error && { errorClass: error.errorClass }),
    ...('code' in error && { code: error.code }),
    ...(withStack && { stack }),
  }
}
