import { constants } from 'node:os'

import { UsageError } from '@sockyard/cli/errors'
import { escapeText } from '@sockyard/cli/text'
import { ConfigurationError, isSystemError, NetworkError, networkError } from '@sockyard/net/errors'
import { NativeCallsMissingError } from '@sockyard/posix/ffi'

import type { LogSink } from '../log/log-sink.ts'
import type { Logger } from '../log/log.ts'

/** Time for the last writes after a command has ended; a forgotten handle keeps the process no longer. */
const LINGER_MILLIS = 250

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How a process ends: signals, output that cannot be written, errors, exit codes. */
export interface ProcessLifecycle {
  /** Aborted by the first signal (the reason is its name), or when the output cannot be written any more. */
  signal: AbortSignal
  /** From now on SIGHUP calls `reload` and ends nothing. */
  onHangup: (reload: () => void) => void
  /** The reader of a server's log has closed it: the server stops, with exit code 1, for its supervisor to see. */
  logClosed: () => void
  /** From now on an unexpected error is one line of this log. */
  useLog: (log: Logger, whenWritten: LogSink['whenWritten']) => void
  /** The log is the output: a process that cannot write it at the end does not end with 0. */
  requireOutput: (isFailing: LogSink['isFailing']) => void
  /** Standard error is not read, or is a client's socket: error lines go to the log as well. */
  reportErrorsTo: (report: (line: string) => void) => void
  /** Writes one line to standard error. */
  printError: (message: string) => void
  end: (exitCode: number) => void
  fail: (error: unknown) => void
}

/**
 * @param host the global `process`
 * @param name the app's name, the beginning of an error line
 */
export function installProcessHandlers(host: NodeJS.Process, name: string): ProcessLifecycle {
  const controller = new AbortController()
  let reportElsewhere: ((line: string) => void) | undefined
  let logUnexpected = (error: unknown): void => printError(`unexpected: ${String(error)}`)
  let whenWritten: LogSink['whenWritten'] | undefined
  /** What the state of the output makes of the exit code, whatever else happens. */
  let outputCode: number | undefined
  let isOutputFailing: LogSink['isFailing'] | undefined
  let isCrashed = false
  let reload: (() => void) | undefined

  function printError(message: string): void {
    const line = escapeText(message)
    host.stderr.write(`${name}: ${line}\n`)
    reportElsewhere?.(line)
  }

  function stopForOutput(exitCode: number, reason: string, message?: string): void {
    if (outputCode !== undefined) return
    outputCode = exitCode
    host.exitCode = exitCode
    if (message !== undefined) printError(`standard output: ${message}`)
    controller.abort(reason)
  }

  function end(exitCode: number): void {
    const isLost = exitCode === 0 && isOutputFailing?.()
    host.exitCode = outputCode ?? (isLost ? 1 : exitCode)
    setTimeout(() => host.exit(), LINGER_MILLIS).unref()
  }

  function fail(error: unknown): void {
    const expected = expectedError(error)
    if (expected === undefined) logUnexpected(error)
    else printError(expected.message)
    end(expected instanceof UsageError || expected instanceof ConfigurationError ? 2 : 1)
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
  // Node would open its inspector, to which everybody on this host can talk.
  host.on('SIGUSR1', () => undefined)
  host.on('uncaughtException', crash)
  host.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A terminal that is gone gives EIO, as a failing disk does. A client ends quietly, as in `ping | head`.
    if (error.code === 'EPIPE' || (error.code === 'EIO' && host.stdout.isTTY))
      stopForOutput(0, 'output closed')
    else stopForOutput(1, 'output failed', error.message)
  })
  // Standard error is the last resort.
  host.stderr.on('error', () => undefined)

  return {
    signal: controller.signal,
    onHangup: (handler) => (reload = handler),
    logClosed: () => stopForOutput(1, 'output closed', 'the reader of the log has closed it'),
    useLog(log, whenLogWritten) {
      logUnexpected = (error) => log.fatal({ error }, 'unexpected error')
      whenWritten = whenLogWritten
    },
    requireOutput: (isFailing) => (isOutputFailing = isFailing),
    reportErrorsTo: (report) => (reportElsewhere = report),
    printError,
    end,
    fail,
  }
}

/** An error that is no bug of ours: the user's, the network's, or that of an installation without koffi. */
function expectedError(error: unknown): Error | undefined {
  if (error instanceof UsageError || error instanceof ConfigurationError) return error
  if (error instanceof NetworkError || error instanceof NativeCallsMissingError) return error
  return isSystemError(error) ? networkError(error) : undefined
}
