import { execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { RunningApp } from '@sockyard/testkit/process'

const root = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

/**
 * Runs `docker` at the top of the repository.
 *
 * @returns what it wrote to standard output
 * @throws {Error} with what it wrote to standard error, when it fails
 */
export async function docker(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await run('docker', args, options)
  return stdout
}

/** `docker` as a process that goes on: `exec -i`, `logs -f`. */
export function dockerProcess(...args: string[]): RunningApp {
  return new RunningApp(spawn('docker', args, { cwd: root }))
}
