import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

import type { RunningApp } from '@sockyard/testkit/process'

import { LeftOutError } from './benchmark.ts'
import { killTree } from './process-tree.ts'
import { type Command, type Place, startProcess } from './start-process.ts'

/**
 * How to start a server: a program of bench/c or an app, which take a free port and say so, or another
 * else's program, which is told one (TCP) and is ready when it can be connected to.
 */
export type ServerCommand =
  | Exclude<Command, { path: string }>
  | { path: string; args: (port: number) => readonly (string | number)[] }

export interface RunningServer extends AsyncDisposable {
  pid: number
  port: number
  process: RunningApp
}

/** @throws {LeftOutError} with what it says when it ends instead */
export async function startServer(command: ServerCommand, place: Place): Promise<RunningServer> {
  const told = 'path' in command ? await freePort() : undefined
  const running = await startProcess(withPort(command, told ?? 0), place)
  try {
    const port = told ?? (await running.listening()).port
    if (told !== undefined) await accepting(running, told)
    return { pid: running.pid, port, process: running, [Symbol.asyncDispose]: () => end(running) }
  } catch {
    await end(running)
    throw new LeftOutError(errorOutput(running))
  }
}

function withPort(command: ServerCommand, port: number): Command {
  return 'path' in command ? { path: command.path, args: command.args(port) } : command
}

/** Children too: one that hangs would keep its output open. */
async function end(running: RunningApp): Promise<void> {
  killTree(running.pid)
  await running[Symbol.asyncDispose]()
}

/** The line that says why a process ended: that of an error, or else its last. */
export function errorOutput({ stderr, stdout }: Pick<RunningApp, 'stderr' | 'stdout'>): string {
  const text = stderr.trim() === '' ? stdout.trim() : stderr.trim()
  const lines = text.split('\n')
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? (lines.at(-1) || 'it did not start')
}

/**
 * Below the ports that the kernel gives to clients: from those a client that tests whether a server
 * listens can be given that very port, and is then connected to itself.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.close()
    if (isFree) return port
  }
}

async function accepting(running: RunningApp, port: number): Promise<void> {
  const ended = running.exited.then(() => 'ended')
  for (;;) {
    if (await canConnect(port)) return
    // A foreign program does not report readiness; try again after a while.
    const pause = new Promise((resolve) => setTimeout(resolve, 20))
    if ((await Promise.race([ended, pause])) === 'ended') throw new Error('ended')
  }
}

function canConnect(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}
