import { execFile, type ExecFileException } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Where it is in the checkout and in the package `sockyard`; the image of the console has no other app. */
const MAIN = fileURLToPath(new URL('../../../lab/src/main.ts', import.meta.url))
/** For a machine that has little time for it: no step of an experiment blocks for longer than 2 s, most take no time. */
const TIME_LIMIT_MILLIS = 60_000
/** No setting of the console, of which one is the token; experiments start sh(1). */
const ENVIRONMENT = { PATH: '/usr/bin:/bin' }
const MAXIMUM_OUTPUT_BYTES = 1_024 * 1_024

export const LAB_FAULTS = ['off', 'missing', 'unknown', 'busy', 'failed', 'timeout'] as const
export type LabFault = (typeof LAB_FAULTS)[number]

/** Why no experiment was run, or why it did not end. */
export class LabError extends Error {
  readonly fault: LabFault

  constructor(fault: LabFault, message: string) {
    super(message)
    this.name = 'LabError'
    this.fault = fault
  }
}

export function isLabInstalled(): boolean {
  return existsSync(MAIN)
}

const run = promisify(execFile)

/**
 * Runs `sockyard lab` to its end, as a process of its own, for its calls may block.
 *
 * @param node the path of the node that runs us
 * @returns what it wrote
 * @throws {LabError} `failed` with what it wrote on standard error, or `timeout`
 */
export async function runLab(
  node: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  try {
    const { stdout } = await run(node, [MAIN, ...args], {
      env: ENVIRONMENT,
      timeout: TIME_LIMIT_MILLIS,
      killSignal: 'SIGKILL',
      maxBuffer: MAXIMUM_OUTPUT_BYTES,
      signal,
    })
    return stdout
  } catch (error) {
    throw faultOf(error as ExecFileException)
  }
}

function faultOf({ killed, signal, stderr, message }: ExecFileException): LabError {
  if (killed === true && signal === 'SIGKILL')
    return new LabError('timeout', `no end after ${TIME_LIMIT_MILLIS / 1_000} s`)
  const [line] = String(stderr).split('\n')
  return new LabError('failed', line || message)
}
