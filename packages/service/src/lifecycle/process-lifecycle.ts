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
export class ProcessLifecycle {
  readonly #host: NodeJS.Process
  readonly #name: string
  readonly #stop = new AbortController()
  #reload: (() => void) | undefined
  #log: Pick<Logger, 'fatal'> | undefined
  #whenLogWritten: LogSink['whenWritten'] | undefined
  #isOutputFailing: LogSink['isFailing'] | undefined
  #reportElsewhere: ((line: string) => void) | undefined
  /** What the state of the output makes of the exit code, whatever else happens. */
  #outputCode: number | undefined
  #isCrashed = false

  /**
   * Installs the handlers of the process.
   *
   * @param host the global `process`
   * @param name the app's name, the beginning of an error line
   */
  constructor(host: NodeJS.Process, name: string) {
    this.#host = host
    this.#name = name
    for (const signal of SIGNALS) host.on(signal, () => this.#signalled(signal))
    // Node would open its inspector, to which everybody on this host can talk.
    host.on('SIGUSR1', () => undefined)
    host.on('uncaughtException', (error) => this.#crash(error))
    host.stdout.on('error', (error) => this.#outputFailed(error))
    // Standard error is the last resort.
    host.stderr.on('error', () => undefined)
  }

  /** Aborted by the first signal (the reason is its name), or when the output cannot be written any more. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** From now on SIGHUP calls `reload` and ends nothing. */
  onHangup(reload: () => void): void {
    this.#reload = reload
  }

  /** The reader of a server's log has closed it: the server stops, with exit code 1, for its supervisor to see. */
  logClosed(): void {
    this.#stopForOutput(1, 'output closed', 'the reader of the log has closed it')
  }

  /** From now on an unexpected error is one line of this log. */
  useLog(log: Logger, whenWritten: LogSink['whenWritten']): void {
    this.#log = log
    this.#whenLogWritten = whenWritten
  }

  /** The log is the output: a process that cannot write it at the end does not end with 0. */
  requireOutput(isFailing: LogSink['isFailing']): void {
    this.#isOutputFailing = isFailing
  }

  /** Standard error is not read, or is a client's socket: error lines go to the log as well. */
  reportErrorsTo(report: (line: string) => void): void {
    this.#reportElsewhere = report
  }

  /** Writes one line to standard error. */
  printError(message: string): void {
    const line = escapeText(message)
    this.#host.stderr.write(`${this.#name}: ${line}\n`)
    this.#reportElsewhere?.(line)
  }

  end(exitCode: number): void {
    const isLost = exitCode === 0 && this.#isOutputFailing?.()
    this.#host.exitCode = this.#outputCode ?? (isLost ? 1 : exitCode)
    setTimeout(() => this.#host.exit(), LINGER_MILLIS).unref()
  }

  fail(error: unknown): void {
    const expected = expectedError(error)
    if (expected === undefined) this.#logUnexpected(error)
    else this.printError(expected.message)
    this.end(expected instanceof UsageError || expected instanceof ConfigurationError ? 2 : 1)
  }

  #signalled(signal: (typeof SIGNALS)[number]): void {
    if (signal === 'SIGHUP' && this.#reload !== undefined) return this.#reload()
    if (this.signal.aborted) this.#host.exit(128 + constants.signals[signal])
    this.#stop.abort(signal)
  }

  /** What ran when the exception came is in an unknown state: only the log line may still get out. */
  #crash(error: unknown): void {
    if (this.#isCrashed) return
    this.#isCrashed = true
    this.#logUnexpected(error)
    setTimeout(() => this.#host.exit(1), LINGER_MILLIS)
    this.#whenLogWritten?.(() => this.#host.exit(1))
  }

  #logUnexpected(error: unknown): void {
    if (this.#log === undefined) this.printError(`unexpected: ${String(error)}`)
    else this.#log.fatal({ error }, 'unexpected error')
  }

  /** A terminal that is gone gives EIO, as a failing disk does. A client ends quietly, as in `ping | head`. */
  #outputFailed({ code, message }: NodeJS.ErrnoException): void {
    if (code === 'EPIPE' || (code === 'EIO' && this.#host.stdout.isTTY))
      this.#stopForOutput(0, 'output closed')
    else this.#stopForOutput(1, 'output failed', message)
  }

  #stopForOutput(exitCode: number, reason: string, message?: string): void {
    if (this.#outputCode !== undefined) return
    this.#outputCode = exitCode
    this.#host.exitCode = exitCode
    if (message !== undefined) this.printError(`standard output: ${message}`)
    this.#stop.abort(reason)
  }
}

/** An error that is no bug of ours: the user's, the network's, or that of an installation without koffi. */
function expectedError(error: unknown): Error | undefined {
  if (error instanceof UsageError || error instanceof ConfigurationError) return error
  if (error instanceof NetworkError || error instanceof NativeCallsMissingError) return error
  return isSystemError(error) ? networkError(error) : undefined
}
