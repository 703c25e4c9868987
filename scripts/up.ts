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
export async function up(members: readonly Member[], quiet: boolean): Promise<number> {
  const running = new Map<string, MemberProcess>()
  const stopping = new AbortController()
  let exitCode = 0

  /** A signal can arrive several times (from the terminal and from npm): each member gets one. */
  function stopAll(): void {
    if (stopping.signal.aborted) return
    stopping.abort()
    for (const { child } of running.values()) child.kill('SIGTERM')
  }

  /** A member that ends before the others were stopped ends the whole topology. */
  async function watch({ name }: Member, { exited }: MemberProcess): Promise<void> {
    const code = await exited
    running.delete(name)
    if (stopping.signal.aborted) return
    print(name, `ended with exit code ${code}: stopping the others`)
    exitCode = 1
    stopAll()
  }

  async function start(member: Member, started: ReadonlyMap<string, Promise<unknown>>) {
    for (const name of member.after ?? []) await started.get(name)
    if (stopping.signal.aborted) return
    const memberProcess = startMember(member, quiet, print)
    running.set(member.name, memberProcess)
    ended.push(watch(member, memberProcess))
    await ready(member, memberProcess, stopping.signal)
  }

  const print = printer(members)
  const ended: Promise<void>[] = []
  process.stdout.on('error', stopAll)
  for (const signal of STOP_SIGNALS) process.on(signal, stopAll)
  process.stdout.write(`${topologyTable(members)}\n\n`)
  const started = new Map<string, Promise<void>>()
  for (const member of members) started.set(member.name, start(member, started))
  await Promise.all(started.values())
  if (!stopping.signal.aborted) {
    print('yard', 'all ready; Ctrl-C stops it')
    if (members.some(({ app }) => app === 'console')) print('yard', `watch it: ${consoleUrl}`)
  }
  await Promise.all(ended)
  return exitCode
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
