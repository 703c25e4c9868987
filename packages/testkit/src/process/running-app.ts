import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { EventEmitter } from 'node:events'
import type { Writable } from 'node:stream'

/** One JSON line of an app's standard output: a log line or a report. */
export type LogLine = Readonly<Record<string, unknown>>

export interface Listening {
  transport: string
  address: string
  port: number
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/**
 * Tells a process that hangs from one on a busy machine; nothing is measured by it. Less than vitest gives most
 * tests, so that a failure shows what the process wrote.
 */
const PATIENCE_MILLIS = 25_000

/**
 * A process under test, with all it wrote so far.
 *
 * Leaving an `await using` block kills what still runs and waits until it is gone.
 */
export class RunningApp implements AsyncDisposable {
  /** Everything written to standard output and standard error so far. */
  stdout = ''
  stderr = ''
  /** The lines of standard output that are JSON objects, parsed. */
  readonly lines: LogLine[] = []
  /** Resolves when the process is gone and its output is complete; never rejects. */
  readonly exited: Promise<Exit>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(0)
  #exit: Exit | undefined
  #rest = ''

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#output(text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#errorOutput(text))
    // Writing to a process that has ended is not the fault of the test that still writes.
    child.stdin.on('error', () => {})
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => this.#errorOutput(`${error.message}\n`))
      child.once('close', (code, signal) => {
        this.#exit = { code, signal }
        resolve(this.#exit)
        this.#changes.emit('change')
      })
    })
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`not started: ${this.stderr}`)
    return this.#child.pid
  }

  /** Standard input of the process; `stdin.end()` is its end of file. */
  get stdin(): Writable {
    return this.#child.stdin
  }

  /**
   * Where the service listens, from its log (`"msg":"listening"`); the admin endpoint is not meant.
   *
   * @param transport for a service that speaks several, such as 'tcp' and 'udp'
   */
  async listening(transport?: string): Promise<Listening> {
    const line = await this.waitForLog(
      ({ msg, transport: found }) =>
        msg === 'listening' && (transport === undefined ? found !== 'http' : found === transport),
    )
    return toListening(line)
  }

  /** The port of the admin endpoint (HTTP on 127.0.0.1), from the log. */
  async adminPort(): Promise<number> {
    return (await this.listening('http')).port
  }

  /**
   * The first line of standard output, past or future, that is JSON and that `matches`.
   *
   * @throws {Error} with all output, when the process ends or 10 s pass without it
   */
  waitForLog(matches: (line: LogLine) => boolean): Promise<LogLine> {
    return this.#eventually('a log line', () => this.lines.find(matches))
  }

  /**
   * Resolves once `pattern` stands in what was written to standard output or standard error.
   *
   * @throws {Error} with all output, when the process ends or 10 s pass without it
   */
  waitForText(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#eventually(
      String(pattern),
      () => pattern.exec(this.stdout) ?? pattern.exec(this.stderr) ?? undefined,
    )
  }

  /** Sends a signal; `await app.exited` tells what came of it. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit === undefined) this.kill('SIGKILL')
    await this.exited
  }

  async #eventually<T>(what: string, look: () => T | undefined): Promise<T> {
    const timeout = AbortSignal.timeout(PATIENCE_MILLIS)
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      if (this.#exit !== undefined) throw this.#failure(`the process ended without ${what}`)
      if (timeout.aborted) throw this.#failure(`no ${what} in ${PATIENCE_MILLIS} ms`)
      await this.#change(timeout)
    }
  }

  #change(timeout: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#changes.off('change', done)
        timeout.removeEventListener('abort', done)
        resolve()
      }
      this.#changes.once('change', done)
      timeout.addEventListener('abort', done)
    })
  }

  #failure(message: string): Error {
    const { code, signal } = this.#exit ?? { code: null, signal: null }
    return new Error(
      `${message}\nexit: ${code ?? signal ?? 'still running'}\nstdout: ${this.stdout}\nstderr: ${this.stderr}`,
    )
  }

  #output(text: string): void {
    this.stdout += text
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#logLine(line)
    this.#changes.emit('change')
  }

  #logLine(line: string): void {
    if (!line.startsWith('{')) return
    try {
      this.lines.push(JSON.parse(line))
    } catch {
      // A person's text may begin with a brace; it still stands in `stdout`.
    }
  }

  #errorOutput(text: string): void {
    this.stderr += text
    this.#changes.emit('change')
  }
}

function toListening(line: LogLine): Listening {
  const { transport, address, port } = line
  if (typeof transport === 'string' && typeof address === 'string' && typeof port === 'number') {
    return { transport, address, port }
  }
  throw new TypeError(`"listening" without transport, address, port: ${JSON.stringify(line)}`)
}
