import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { NetworkError } from '@sockyard/net/errors'

import type { ForkOptions } from './config.ts'
import type { Experiment } from './lab.ts'

/**
 * The loop of the exercise. Node has no fork(2), but `( … ) &` does the same: the subshell goes on where its parent is, with
 * the same variables. The name of each process is its parent's and its own number.
 */
const LOOP = `
me() { read -r pid rest < /proc/self/stat; }
grow() {
  i=$2
  while [ "$i" -lt "$depth" ]; do
    ( me; echo "$1.$i $pid"; [ "$leaves" = 1 ] || grow "$1.$i" $((i + 1)) ) &
    i=$((i + 1))
  done
  wait
}
me; echo "0 $pid"; grow 0 0`

const run = promisify(execFile)

/** How many processes there are after `for (i = 0; i < depth; i++) fork()`, with and without the child leaving the loop. */
export function forkExercise(options: ForkOptions, signal: AbortSignal): Experiment {
  const { depth, break: leaves } = options
  return {
    name: 'fork',
    summary: `a loop that forks ${counted(depth, 'time')}${leaves ? '; the child leaves the loop' : ''}`,
    async play(lab) {
      const forks = await play(depth, leaves, signal)
      for (const { name, pid, round, generation } of forks)
        lab.step(
          {
            who: `${'  '.repeat(generation)}${name}`,
            call: round === undefined ? 'getpid' : 'fork',
            arguments: [],
            why: round === undefined ? 'The parent.' : childText(round, depth, leaves),
          },
          () => pid,
        )
      return lesson(forks.length, depth, leaves)
    },
  }
}

async function play(depth: number, leaves: boolean, signal: AbortSignal): Promise<Fork[]> {
  const env = { depth: String(depth), leaves: leaves ? '1' : '0' }
  const { stdout, stderr } = await run('sh', ['-c', LOOP], { env, signal, timeout: 30_000 })
  if (stderr !== '') throw new NetworkError(stderr.trim(), { errorClass: 'OTHER' })
  return forksIn(stdout)
}

function childText(round: number, depth: number, leaves: boolean): string {
  if (leaves) return `Forked at i = ${round}; leaves the loop.`
  return `Forked at i = ${round}; ${counted(depth - round - 1, 'round')} left.`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function lesson(count: number, depth: number, leaves: boolean): string {
  if (leaves) return `${count} processes: the parent and its ${depth} children.`
  return `${count} processes: 2^${depth}, because each round doubles them, u(k) = 2 u(k-1).`
}

/** A process of the exercise. */
interface Fork {
  /** `0.1.2`: the child that 0.1 forked in round 2. */
  name: string
  pid: number
  /** The round of the loop that forked it; undefined for the first process. */
  round: number | undefined
  /** 0 for the first. */
  generation: number
}

/** The processes that wrote these lines, children after their parent and in the order of the forks. */
function forksIn(output: string): Fork[] {
  return output
    .trimEnd()
    .split('\n')
    .map(forkIn)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

function forkIn(line: string): Fork {
  const [name = '', pid] = line.split(' ')
  const rounds = name.split('.').slice(1)
  const last = rounds.at(-1)
  return {
    name,
    pid: Number(pid),
    round: last === undefined ? undefined : Number(last),
    generation: rounds.length,
  }
}
