import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { styleText } from 'node:util'

import { consoleUrl, host, type Member, topologyTable } from './topology.ts'

/** A member of the topology as a running process. */
interface MemberProcess {
  child: ChildProcess
  exited: Promise<number | null>
  /** Resolves once the admin port is its own; before, another yard may answer there. */
  adminListening: Promise<void>
}

/** How a server says so, in readable lines. */
const ADMIN_LISTENING = 'listening transport=http'
const COLOURS = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'red'] as const
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs members of the topology as processes of this host, and prints their lines behind their names, until a
 * signal, the end of its reader, or a member that ends.
 *
 * @param quiet only errors of the members, and what becomes of them
 * @returns the exit code: 1 when a member ended before it was stopped
 */
export function up(members: readonly Member[], quiet: boolean): Promise<number> {
  return new Topology(members, quiet).run()
}

class Topology {
  readonly #members: readonly Member[]
  readonly #quiet: boolean
  readonly #print: ReturnType<typeof printer>
  readonly #running = new Map<string, MemberProcess>()
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>[] = []
  #exitCode = 0

  constructor(members: readonly Member[], quiet: boolean) {
    this.#members = members
    this.#quiet = quiet
    this.#print = printer(members)
  }

  async run(): Promise<number> {
    const stop = (): void => this.#stop()
    process.stdout.on('error', stop)
    for (const signal of STOP_SIGNALS) process.on(signal, stop)
    process.stdout.write(`${topologyTable(this.#members)}\n\n`)
    const started = new Map<string, Promise<void>>()
    for (const member of this.#members) started.set(member.name, this.#start(member, started))
    await Promise.all(started.values())
    if (!this.#stopping.signal.aborted) this.#allReady()
    await Promise.all(this.#ended)
    return this.#exitCode
  }

  async #start(member: Member, started: ReadonlyMap<string, Promise<unknown>>): Promise<void> {
    const { signal } = this.#stopping
    for (const name of member.after ?? []) await started.get(name)
    if (signal.aborted) return
    const memberProcess = startMember(member, this.#quiet, this.#print)
    this.#running.set(member.name, memberProcess)
    this.#ended.push(this.#watch(member, memberProcess))
    await ready(member, memberProcess, signal)
  }

  /** A member that ends before the others were stopped ends the whole topology. */
  async #watch({ name }: Member, { exited }: MemberProcess): Promise<void> {
    const code = await exited
    this.#running.delete(name)
    if (this.#stopping.signal.aborted) return
    this.#print(name, `ended with exit code ${code}: stopping the others`)
    this.#exitCode = 1
    this.#stop()
  }

  /** A signal can arrive several times (from the terminal and from npm): each member gets one. */
  #stop(): void {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    for (const { child } of this.#running.values()) child.kill('SIGTERM')
  }

  #allReady(): void {
    this.#print('yard', 'all ready; Ctrl-C stops it')
    if (this.#members.some(({ app }) => app === 'console'))
      this.#print('yard', `watch it: ${consoleUrl}`)
  }
}

/** One line behind the name of its member, each in its colour on a terminal (NO_COLOR, FORCE_COLOR). */
function printer(members: readonly Member[]): (name: string, line: string) => void {
  const names = ['yard', ...members.map(({ name }) => name)]
  const width = Math.max(...names.map((name) => name.length))
  const prefixes = new Map(
    names.map((name, index) => {
      const colour = COLOURS[index % COLOURS.length] ?? 'cyan'
      return [name, styleText(colour, `${name.padEnd(width)} |`, { stream: process.stdout })]
    }),
  )
  return (name, line) => process.stdout.write(`${prefixes.get(name)} ${line}\n`)
}

/**
 * Starts a member in a process group of its own: Ctrl-C on the terminal reaches only the runner,
 * which then stops the members once, so that each gets exactly one signal and drains.
 */
function startMember(
  member: Member,
  quiet: boolean,
  print: (name: string, line: string) => void,
): MemberProcess {
  const child = spawn(process.execPath, ['src/main.ts', ...member.args], {
    cwd: new URL(`../apps/${member.app}/`, import.meta.url),
    env: environmentOf(member),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const admin = Promise.withResolvers<void>()
  forEachLine(child.stdout, (line) => {
    if (!quiet) print(member.name, line)
    if (line.includes(ADMIN_LISTENING)) admin.resolve()
  })
  forEachLine(child.stderr, (line) => print(member.name, line))
  // All of its output has been read then.
  const exited = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)
  return { child, exited, adminListening: admin.promise }
}

/** Not the environment of the shell: its settings are not meant for a dozen programs at once. */
function environmentOf({ adminPort }: Member): NodeJS.ProcessEnv {
  const { PATH, TZ } = process.env
  const admin = adminPort !== undefined && {
    SOCKYARD_ADMIN_PORT: String(adminPort),
    SOCKYARD_ADMIN_HOST: host,
  }
  return { PATH, TZ, SOCKYARD_LOG_FORMAT: 'text', ...admin }
}

function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine)
}

/** Resolves once `/readyz` answers 200, or the member has ended; of a client, or without an admin port, at once. */
async function ready(
  { adminPort, isClient = false }: Member,
  { adminListening, exited }: MemberProcess,
  signal: AbortSignal,
): Promise<void> {
  if (adminPort === undefined || isClient) return
  const ended = exited.then(() => true)
  await Promise.race([adminListening, ended])
  while (!signal.aborted) {
    const response = await fetch(`http://${host}:${adminPort}/readyz`).catch(() => undefined)
    if (response?.ok || (await Promise.race([ended, delay(50, false)]))) return
  }
}
