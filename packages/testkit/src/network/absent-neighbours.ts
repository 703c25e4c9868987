import { createSocket } from 'node:dgram'
import { setTimeout as delay } from 'node:timers/promises'

import { Forger } from './forge.ts'

/** An NTP request (RFC 5905, mode 3); the other services answer anything. */
const QUESTION = Uint8Array.of(0x23, ...Array<number>(47).fill(0))
const SERVER = '10.77.0.1'
const ASK_MILLIS = 50
const LONGEST_MILLIS = 250

const [port = 0, perSecond = 0, bytes = 0, seconds = 0] = process.argv.slice(2).map(Number)

/** Questions from hosts of the own network that are not there: a service that answers asks for their addresses in vain. */
async function attack(signal: AbortSignal): Promise<void> {
  using forger = new Forger('IPv4')
  const payload = new Uint8Array(Math.max(bytes, QUESTION.length))
  payload.set(QUESTION)
  const began = performance.now()
  for (let sent = 0; !signal.aborted; sent += 1) {
    const address = `10.77.0.${20 + (sent % 200)}`
    forger.send({ from: { address, port: 40_000 }, to: { address: SERVER, port }, payload })
    const ahead = began + ((sent + 1) * 1_000) / perSecond - performance.now()
    if (ahead > 0) await delay(ahead)
  }
}

/** Asks from many addresses of this host, each within any rate. @returns how many answers came in time */
async function askMeanwhile(signal: AbortSignal): Promise<{ asked: number; inTime: number }> {
  const counts = { asked: 0, inTime: 0 }
  for (; !signal.aborted; counts.asked += 1) {
    const socket = createSocket('udp4')
    const askedAt = performance.now()
    socket.once('message', () => {
      if (performance.now() - askedAt <= LONGEST_MILLIS) counts.inTime += 1
    })
    socket.bind(0, `10.77.1.${1 + (counts.asked % 200)}`, () => socket.send(QUESTION, port, SERVER))
    setTimeout(() => socket.close(), 10 * LONGEST_MILLIS)
    await delay(ASK_MILLIS)
  }
  await delay(10 * LONGEST_MILLIS)
  return counts
}

const signal = AbortSignal.timeout(seconds * 1_000)
const [, counts] = await Promise.all([attack(signal), askMeanwhile(signal)])
process.stdout.write(JSON.stringify(counts))
