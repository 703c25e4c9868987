import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

import { host, type Member } from './topology.ts'

/** A member of the topology as a running process. */
export interface MemberProcess {
  child: ChildProcess
  exited: Promise<{ name: string; code: number | null }>
  /** Resolves once the admin port is its own; before, somebody else may answer there. */
  adminListening: Promise<void>
}

/** How a server says so, in readable lines. */
const ADMIN_LISTENING = 'listening transport=http'

/**
 * Starts a member in a process group of its own: Ctrl-C on the terminal reaches only the runner,
 * which then stops the members once, so that each gets exactly one signal and drains.
 */
export function startMember(member: Member, onLine: (line: string) => void): MemberProcess {
  const child = spawn(process.execPath, ['src/main.ts', ...member.args], {
    cwd: new URL(`../apps/${member.app}/`, import.meta.url),
    env: environmentOf(member),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const admin = Promise.withResolvers<void>()
  forEachLine(child.stdout, (line) => {
    onLine(line)
    if (line.includes(ADMIN_LISTENING)) admin.resolve()
  })
  forEachLine(child.stderr, onLine)
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => ({
    name: member.name,
    code: code ?? null,
  }))
  return { child, exited, adminListening: admin.promise }
}

/** Not the environment of the shell: a PORT or COUNT there is not meant for ten programs. */
function environmentOf({ adminPort }: Member): NodeJS.ProcessEnv {
  const { PATH, TZ } = process.env
  const admin = adminPort === undefined ? {} : { ADMIN_PORT: String(adminPort), ADMIN_HOST: host }
  return { PATH, TZ, LOG_FORMAT: 'text', ...admin }
}

function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine)
}

/**
 * Resolves once `/readyz` of the member answers 200, or it has ended; a member without an admin port is ready at
 * once.
 */
export async function ready(
  member: Member,
  { adminListening, exited }: MemberProcess,
  signal: AbortSignal,
): Promise<void> {
  if (member.adminPort === undefined) return
  await Promise.race([adminListening, exited])
  while (!signal.aborted) {
    const response = await fetch(`http://${host}:${member.adminPort}/readyz`).catch(() => undefined)
    if (response?.ok) return
    await delay(50)
  }
}
