import { constants } from 'node:os'

import { NativeCallsMissingError } from '@sockyard/posix/libc'

import { isSystemError, NetworkError, networkError, UsageError } from './errors.ts'
import { escapeText } from './escape-text.ts'
import type { LogSink } from './log-sink.ts'
import type { Logger } from './log.ts'

/** Time for the last writes after a command has ended; a forgotten handle holds us no longer. */
const LINGER_MILLIS = 250

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How a process ends: signals, a reader of the output who leaves, errors, exit codes. */
export interface Lifetime {
  /** Aborted by the first signal (the reason is its name), or when nobody can read the output. */
  signal: AbortSignal
  /** From now on SIGHUP calls `reload` and ends nothing. */
  onHangup: (reload: () => void) => void
  /** Nobody reads the output any more: end quietly, with exit code 0. */
  outputClosed: () => void
  /** From now on an unexpected error is one line of this log. */
  useLog: (log: Logger, whenWritten: LogSink['whenWritten']) => void
  /** Nobody reads standard error: the line that an error comes to is told there as well. */
  tellErrorsTo: (tell: (line: string) => void) => void
  end: (exitCode: number) => void
  fail: (error: unknown) => void
}

/**
 * @param host the global `process`
 * @param name the app's name, the beginning of an error line
 */
export function watchProcess(host: NodeJS.Process, name: string): Lifetime {
  const controller = new AbortController()
  let tellElsewhere: ((line: string) => void) | undefined
  let logUnexpected = (error: unknown): void => complain(`unexpected: ${String(error)}`)
  let whenWritten: LogSink['whenWritten'] | undefined
  /** What the state of the output makes of the exit code, whatever else happens. */
  let outputCode: number | undefined
  let isCrashed = false
  let reload: (() => void) | undefined

  function complain(message: string): void {
    const line = escapeText(message)
    host.stderr.write(`${name}: ${line}\n`)
    tellElsewhere?.(line)
  }

  function outputClosed(): void {
    outputCode ??= 0
    host.exitCode = outputCode
    controller.abort('output closed')
  }

  /** A full disk for instance: what is measured now would be told to nobody. */
  function outputFailed(error: Error): void {
    if (outputCode !== undefined) return
    outputCode = 1
    host.exitCode = outputCode
    complain(`standard output: ${error.message}`)
    controller.abort('output failed')
  }

  function end(exitCode: number): void {
    host.exitCode = outputCode ?? exitCode
    setTimeout(() => host.exit(), LINGER_MILLIS).unref()
  }

  function fail(error: unknown): void {
    const expected = expectedError(error)
    if (expected === undefined) logUnexpected(error)
    else complain(expected.message)
    end(expected instanceof UsageError ? 2 : 1)
  }

  /** What ran when the exception came is in an unknown state: only the log line may still get out. */
  function crash(error: unknown): void {
    if (isCrashed) return
    isCrashed = true
    logUnexpected(error)
    setTimeout(() => host.exit(1), LINGER_MILLIS)
    whenWritten?.(() => host.exit(1))
  }

  for (const signal of SIGNALS)
    host.on(signal, () => {
      if (signal === 'SIGHUP' && reload !== undefined) return reload()
      if (controller.signal.aborted) host.exit(128 + constants.signals[signal])
      controller.abort(signal)
    })
  host.on('uncaughtException', crash)
  host.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A terminal that is gone gives EIO, as an ill disk does.
    if (error.code === 'EPIPE' || (error.code === 'EIO' && host.stdout.isTTY)) outputClosed()
    else outputFailed(error)
  })
  // Standard error is the last resort: when it is gone there is nobody to tell.
  host.stderr.on('error', () => undefined)

  return {
    signal: controller.signal,
    onHangup: (handler) => (reload = handler),
    outputClosed,
    useLog(log, whenLogWritten) {
      logUnexpected = (error) => log.fatal({ err: error }, 'unexpected error')
      whenWritten = whenLogWritten
    },
    tellErrorsTo: (tell) => (tellElsewhere = tell),
    end,
    fail,
  }
}

/** An error that is no bug of ours: the user's, the network's, or that of an installation without koffi. */
function expectedError(
  error: unknown,
): UsageError | NetworkError | NativeCallsMissingError | undefined {
  if (error instanceof UsageError || error instanceof NetworkError) return error
  if (error instanceof NativeCallsMissingError) return error
  return isSystemError(error) ? networkError(error) : undefined
}
