import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

import type { Tally } from '../tally.ts'
import { pause, type Traffic, type TrafficContext } from './traffic.ts'

const MEMBERS = 6
const SAY_MILLIS = 1000
const CHURN_MILLIS = 5000

/**
 * A chat whose members number what they say: each of the others must hear every number, once and in order, from
 * its own joining on. Members leave in every way, and others come.
 */
export const chatRoom: Traffic = async (context) => {
  const { signal, random, targets } = context
  const tally = context.tally('chat')
  const members: Member[] = []
  let next = 0
  const join = async (): Promise<void> => {
    members.push(await Member.join(targets.chat, next, tally))
    next += 1
  }
  for (let count = 0; count < MEMBERS; count += 1) await join()
  const talking = talk(members, context)
  while (!signal.aborted) {
    await pause(CHURN_MILLIS, signal)
    if (signal.aborted) break
    const [leaver] = members.splice(Math.floor(random() * members.length), 1)
    leaver?.leave(random)
    await join().catch((error: unknown) => tally.fail(`join: ${String(error)}`))
  }
  await talking
  for (const member of members) member.leave(() => 0)
}

async function talk(members: readonly Member[], { signal }: TrafficContext): Promise<void> {
  while (!signal.aborted) {
    for (const member of members) member.say()
    await pause(SAY_MILLIS, signal)
  }
}

class Member {
  readonly #socket: Socket
  readonly #id: number
  readonly #tally: Tally
  /** The last number heard of each of the others. */
  readonly #heard = new Map<string, number>()
  #said = 0
  #isLeaving = false

  private constructor(socket: Socket, id: number, tally: Tally) {
    this.#socket = socket
    this.#id = id
    this.#tally = tally
    createInterface(socket).on('line', (line) => this.#hear(line))
    socket.once('close', () => {
      if (!this.#isLeaving) tally.fail(`member ${id} was disconnected: ${String(socket.errored)}`)
    })
  }

  static async join(port: number, id: number, tally: Tally): Promise<Member> {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
    await once(socket, 'connect')
    return new Member(socket, id, tally)
  }

  say(): void {
    this.#said += 1
    this.#socket.write(`member ${this.#id} says ${this.#said}\n`)
  }

  leave(random: () => number): void {
    this.#isLeaving = true
    const way = random()
    if (way < 0.4) this.#socket.end('/quit\n')
    else if (way < 0.7) this.#socket.end()
    else this.#socket.resetAndDestroy()
  }

  #hear(line: string): void {
    const [, id, number] = /: member (\d+) says (\d+)$/.exec(line) ?? []
    if (id === undefined) return
    const last = this.#heard.get(id)
    const now = Number(number)
    this.#heard.set(id, now)
    if (last === undefined) return
    this.#tally.add({
      sent: Math.max(0, now - last),
      received: now > last ? 1 : 0,
      lost: Math.max(0, now - last - 1),
      duplicated: now === last ? 1 : 0,
      reordered: now < last ? 1 : 0,
    })
    if (now !== last + 1) this.#tally.fail(`member ${this.#id}: ${now} of ${id} after ${last}`)
  }
}
