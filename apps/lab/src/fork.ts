import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { NetworkError } from '@sockyard/service/errors'

import type { ForkOptions } from './config.ts'
import type { Experiment } from './experiment.ts'
import { type Fork, forksIn } from './fork-lines.ts'

/**
 * The loop of the exercise. Node has no fork(2), but `( … ) &` is one: the subshell goes on where its father is, with
 * the same variables. Each process has its father's name and its own number after it.
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

/** How many processes there are after `for (i = 0; i < depth; i++) fork()`, where the son leaves the loop or not. */
export function forkExercise(options: ForkOptions, signal: AbortSignal): Experiment {
  const { depth, break: leaves } = options
  return {
    name: 'fork',
    summary: `a loop that forks ${counted(depth, 'time')}${leaves ? ', and the son leaves it' : ''}`,
    async play(lab) {
      const forks = await play(depth, leaves, signal)
      for (const { name, pid, round, generation } of forks)
        lab.step(
          {
            who: `${'  '.repeat(generation)}${name}`,
            call: round === undefined ? 'getpid' : 'fork',
            arguments: [],
            why: round === undefined ? 'The first father.' : sonText(round, depth, leaves),
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

function sonText(round: number, depth: number, leaves: boolean): string {
  if (leaves) return `Born when i was ${round}; leaves the loop.`
  return `Born when i was ${round}; it has ${counted(depth - round - 1, 'round')} left.`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function lesson(count: number, depth: number, leaves: boolean): string {
  if (leaves) return `${count} processes: the father and his ${depth} sons.`
  return `${count} processes: 2^${depth}, for each round doubles them, u(k) = 2 u(k-1).`
}
