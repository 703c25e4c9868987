import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

import { RunningApp } from '@sockyard/testkit/process'

import { LeftOutError } from './benchmark.ts'
import { compile } from './compile.ts'
import { onPath } from './on-path.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** A program of bench/c, an app of the yard, a script for Node, or a program on PATH. */
export type Command =
  | { c: string; args?: readonly (string | number)[] }
  | { app: string; args?: readonly (string | number)[] }
  | { script: string; args?: readonly (string | number)[] }
  | { path: string; args?: readonly (string | number)[] }

/** Which process gets a core of its own when there are two; `anywhere` leaves it to the kernel. */
export type Place = 'server' | 'load' | 'anywhere'

const CORES = { load: '0', server: '1', anywhere: 'any' } as const

/**
 * Starts a process on the core of its place. It ends when the benchmark does, however that ends.
 *
 * @throws {LeftOutError} when the program, or the compiler for it, is missing here
 */
export async function startProcess(command: Command, place: Place): Promise<RunningApp> {
  const words = await wordsOf(command)
  const [program = '', ...args] = [...(await pinning(place)), ...words]
  const env = { ...process.env, SOCKYARD_LOG_FORMAT: 'json', SOCKYARD_ADMIN_PORT: '0' }
  const running = new RunningApp(spawn(program, args, { cwd: ROOT, env }))
  return running
}

async function wordsOf(command: Command): Promise<string[]> {
  const args = (command.args ?? []).map(String)
  if ('c' in command) return [await compile(command.c), ...args]
  if ('app' in command) return [process.execPath, `apps/${command.app}/src/main.ts`, ...args]
  if ('script' in command) return [process.execPath, command.script, ...args]
  const found = onPath(command.path)
  if (found === undefined) throw new LeftOutError(`${command.path} is not installed`)
  return [found, ...args]
}

async function pinning(place: Place): Promise<string[]> {
  if (onPath('cc') === undefined) return []
  return [await compile('pin'), availableParallelism() < 2 ? 'any' : CORES[place]]
}
