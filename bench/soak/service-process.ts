import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import type { LogLine } from '@sockyard/testkit/process'

import { ROOT } from '../harness/start-process.ts'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** The most lines that are kept of one service: what is wrong shows in the first ones. */
const KEPT_LINES = 20
/** A service that is not ready by then never will be, however busy the machine is. */
const READY_MILLIS = 120_000
const POLL_MILLIS = 100

/**
 * A service of the yard that runs for hours: unlike RunningApp it keeps only the lines that say where it listens,
 * how many lines of each level there were, and the first warnings and errors.
 */
export class ServiceProcess {
  readonly app: string
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<Exit>
  exit: Exit | undefined
  /** Lines of the log, by level. */
  readonly levels = new Map<string, number>()
  /** The first lines of the log at the levels warn, error and fatal. */
  readonly complaints: LogLine[] = []
  /** What was written to standard error, but for what Node's inspector says. */
  readonly errorOutput: string[] = []
  /** Where Node's inspector listens, once it does. */
  inspectorUrl: string | undefined
  readonly #child: ChildProcessWithoutNullStreams
  readonly #listening: LogLine[] = []

  constructor(app: string, args: readonly (string | number)[]) {
    this.app = app
    this.#child = spawn(process.execPath, [`apps/${app}/src/main.ts`, ...args.map(String)], {
      cwd: ROOT,
      env: {
        ...process.env,
        NODE_OPTIONS: '--inspect=127.0.0.1:0',
        SOCKYARD_LOG_FORMAT: 'json',
        SOCKYARD_ADMIN_PORT: '0',
      },
    })
    createInterface(this.#child.stdout).on('line', (line) => this.#output(line))
    createInterface(this.#child.stderr).on('line', (line) => this.#error(line))
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.exit = { code, signal }
        resolve(this.exit)
      })
    })
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.app}: not started`)
    return this.#child.pid
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /**
   * The port at which it listens, from its log.
   *
   * @param facts what else the line says
   * @throws {Error} when it ends, or does not say so in two minutes
   */
  port(transport: string, facts: LogLine = {}): Promise<number> {
    const wanted = Object.entries({ ...facts, transport })
    return this.#eventually(`listening (${transport})`, () => {
      const line = this.#listening.find((each) => wanted.every(([key, is]) => each[key] === is))
      return line && Number(line['udpPort'] ?? line['port'])
    })
  }

  /** Where Node's inspector listens; once the service listens, too: before, it begins anew, and so does the inspector. */
  inspector(): Promise<string> {
    return this.#eventually('its inspector', () => this.inspectorUrl)
  }

  async #eventually<T>(what: string, find: () => T | undefined): Promise<T> {
    const deadline = performance.now() + READY_MILLIS
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (this.exit !== undefined) throw new Error(`${this.app} ended before ${what}${this.#why()}`)
      if (performance.now() > deadline)
        throw new Error(`${this.app}: no ${what} in ${READY_MILLIS / 1000} s${this.#why()}`)
      await sleep(POLL_MILLIS)
    }
  }

  #why(): string {
    return this.errorOutput.length === 0 ? '' : `: ${this.errorOutput.join(' | ')}`
  }

  #output(text: string): void {
    const line = parseLine(text)
    if (line === undefined) return
    const level = String(line['level'])
    this.levels.set(level, (this.levels.get(level) ?? 0) + 1)
    if (line['msg'] === 'listening') this.#listening.push(line)
    if (/^(?:warn|error|fatal)$/.test(level) && this.complaints.length < KEPT_LINES)
      this.complaints.push(line)
  }

  #error(text: string): void {
    const [, url] = /^Debugger listening on (ws:\S+)/.exec(text) ?? []
    if (url !== undefined) this.inspectorUrl = url
    else if (!/^(?:For help, see|Debugger (?:attached|ending)|$)/.test(text)) this.#complain(text)
  }

  #complain(text: string): void {
    if (this.errorOutput.length < KEPT_LINES) this.errorOutput.push(text)
  }
}

function parseLine(text: string): LogLine | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
