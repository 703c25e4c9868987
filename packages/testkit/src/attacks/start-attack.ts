import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import type { Attacked } from './attack.ts'

const ATTACKER = fileURLToPath(new URL('attacker.ts', import.meta.url))
const BYSTANDER = fileURLToPath(new URL('bystander.ts', import.meta.url))

/**
 * Attacks a service from another network namespace, as root, for so many seconds.
 *
 * @param namespace of the attackers: the peer of `twoHosts`
 * @param attack by its name in udp-attacks.ts, tcp-attacks.ts …
 * @returns what the attack counted
 */
export async function runAttack(
  namespace: string,
  attack: string,
  { address, port }: Attacked,
  seconds: number,
): Promise<Readonly<Record<string, number>>> {
  const attacker = start(namespace, ATTACKER, attack, address, port, seconds)
  return JSON.parse(await outputOf(attacker, attack)) as Record<string, number>
}

interface Asked extends Attacked {
  /** By its name in bystander.ts. */
  question: string
  /** The process that answers. */
  pid: number
}

/**
 * Asks a service from another network namespace over and over while something else goes on: each question has to be
 * answered. How long an answer takes depends on what else the machine does; how long the service itself runs until it
 * answers does not, and on a machine that is idle the one is the other.
 *
 * @param until the attack
 * @returns of each answer, for how many milliseconds the main thread of the service ran from the question to it
 */
export async function answerCosts(
  namespace: string,
  { question, address, port, pid }: Asked,
  until: Promise<unknown>,
): Promise<number[]> {
  const bystander = start(namespace, BYSTANDER, question, address, port, pid)
  const output = outputOf(bystander, question)
  await Promise.race([until, output])
  bystander.stdin.end()
  return JSON.parse(await output) as number[]
}

function start(
  namespace: string,
  program: string,
  ...words: readonly (string | number)[]
): ChildProcessWithoutNullStreams {
  const command = ['netns', 'exec', namespace, process.execPath, program, ...words.map(String)]
  return spawn('ip', command)
}

async function outputOf(child: ChildProcessWithoutNullStreams, what: string): Promise<string> {
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (stderr !== '') throw new Error(`${what}: ${stderr}`)
  return stdout
}
