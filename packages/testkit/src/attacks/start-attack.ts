import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import type { Attacked } from './attack.ts'

const ATTACKER = fileURLToPath(new URL('attacker.ts', import.meta.url))

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
  const words = [process.execPath, ATTACKER, attack, address, port, seconds].map(String)
  const attacker = spawn('ip', ['netns', 'exec', namespace, ...words])
  const [stdout, stderr] = await Promise.all([
    text(attacker.stdout),
    text(attacker.stderr),
    once(attacker, 'exit'),
  ])
  if (stderr !== '') throw new Error(`${attack}: ${stderr}`)
  return JSON.parse(stdout) as Record<string, number>
}
