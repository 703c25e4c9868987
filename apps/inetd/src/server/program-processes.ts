import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { kill } from 'node:process'

import { nativeCallsWork, SystemCallError } from '@sockyard/posix/ffi'
import { spawnProgram } from '@sockyard/posix/process'
import { descriptorOf, NativeSocket } from '@sockyard/posix/socket'

import type { Program } from '../configuration/definition.ts'

/** How a program ended: its exit code, the name of a signal, or the errno why it was not started. */
export type End = string

/** A program that runs until its `onEnd` is called. */
export interface ProgramProcess {
  readonly pid: number
  kill(signal: NodeJS.Signals): void
}

/** A program, and all that its process has. */
export interface Start {
  program: Program
  environment: Readonly<Record<string, string>>
  /** Becomes its descriptors 0, 1 and 2. The caller closes its own end of a connection afterwards. */
  socket: Socket | NativeSocket
  /** Called once, never before it was started. */
  onEnd: (end: End) => void
}

/**
 * Starts a program in a session of its own, in `/`: with posix_spawn(3), or, where it runs as another user, or koffi is
 * absent, with node:child_process, which forks.
 *
 * @returns undefined when there is no process; `onEnd` says why
 */
export function startProgram(start: Start): ProgramProcess | undefined {
  try {
    const isOwnUser = start.program.identity === undefined
    return isOwnUser && nativeCallsWork() ? posixSpawn(start) : fork(start)
  } catch (error) {
    setImmediate(start.onEnd, errnoOf(error))
    return undefined
  }
}

function posixSpawn(start: Start): ProgramProcess | undefined {
  const { program, environment, socket, onEnd } = start
  try {
    const pid = spawnProgram(
      {
        path: program.path,
        programArguments: program.words,
        environment: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        directory: '/',
        descriptor: descriptorOf(socket),
      },
      ({ code, signal }) => onEnd(signal ?? String(code)),
    )
    return { pid, kill: (signal) => void kill(pid, signal) }
  } catch (error) {
    // A script without `#!`: execvp(3), which Node calls, gives it to a shell.
    if (error instanceof SystemCallError && error.code === 'ENOEXEC') return fork(start)
    throw error
  }
}

function fork({ program, environment, socket, onEnd }: Start): ProgramProcess | undefined {
  const stream = socket instanceof NativeSocket ? socket.descriptor : socket
  const child = spawn(program.path, program.words.slice(1), {
    argv0: program.words[0] ?? '',
    cwd: '/',
    env: environment,
    stdio: [stream, stream, stream],
    detached: true,
    ...program.identity,
  })
  return watched(child, onEnd)
}

function watched(child: ChildProcess, onEnd: (end: End) => void): ProgramProcess | undefined {
  const { pid } = child
  child.on('error', (error) => {
    if (pid === undefined) onEnd(errnoOf(error))
  })
  if (pid === undefined) return undefined
  child.once('exit', (code, signal) => onEnd(signal ?? String(code)))
  return { pid, kill: (signal) => void child.kill(signal) }
}

function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'OTHER'
}
