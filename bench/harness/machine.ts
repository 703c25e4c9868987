import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem, type } from 'node:os'

import { onPath } from './on-path.ts'

/** What the figures depend on. */
export interface Machine {
  processor: string
  cores: number
  memoryGiB: number
  kernel: string
  node: string
  compiler: string
}

export function describeMachine(): Machine {
  const [first] = cpus()
  return {
    processor: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()} ${process.arch}`,
    node: process.version,
    compiler: compilerVersion(),
  }
}

function compilerVersion(): string {
  if (onPath('cc') === undefined) return 'none'
  const [line = ''] = execFileSync('cc', ['--version'], { encoding: 'utf8' }).split('\n')
  return `${line} -O2`
}

/** Others that want the processor now, which spoils figures; undefined when it is quiet. */
export function busyness(): string | undefined {
  const [minute = 0] = loadavg()
  return minute < 0.5
    ? undefined
    : `the machine is busy: load ${minute.toFixed(1)} of the last minute`
}
