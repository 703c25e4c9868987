/**
 * The program of `answerCosts`: QUESTION ADDRESS PORT PID. Asks until standard input ends, and writes what each
 * answer cost the process PID, as JSON.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import type { Attacked } from './attack.ts'
import { ntpRequest } from './ntp-attacks.ts'
import { initPacket } from './sctp-packets.ts'

const PAUSE_MILLIS = 100
/** A process that gets no CPU answers late; one that is overrun, never. */
const PATIENCE_MILLIS = 20_000
/** A datagram may be lost, and is sent again. */
const AGAIN_MILLIS = 1_000
/** proc_pid_stat(5): USER_HZ is 100 on every platform that Node runs on. */
const MILLIS_PER_TICK = 10
const LEAST_ANSWERS = 3

type Question = (target: Attacked, number: number, signal: AbortSignal) => Promise<void>

/** Connects, says something, and waits for the first bytes; one whose connection is cut comes again. */
function overTcp(text: string): Question {
  return async (target, _number, signal) => {
    while (!(await isAnswered(target, text, signal)))
      await delay(PAUSE_MILLIS, undefined, { signal })
  }
}

async function isAnswered(
  { address, port }: Attacked,
  text: string,
  signal: AbortSignal,
): Promise<boolean> {
  const socket = connect({ host: address, port }).on('error', () => {})
  socket.write(text)
  try {
    const [bytes] = (await Promise.race([
      once(socket, 'data', { signal }),
      once(socket, 'close', { signal }),
    ])) as [unknown]
    return bytes instanceof Uint8Array
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Sends a datagram from an address of its own, until one comes back. */
function overUdp(payload: () => Uint8Array): Question {
  return async ({ address, port }, number, signal) => {
    const socket = createSocket('udp4')
    socket.bind(0, `10.77.1.${1 + (number % 200)}`)
    const send = (): void => socket.send(payload(), port, address)
    const timer = setInterval(send, AGAIN_MILLIS)
    socket.on('listening', send)
    try {
      await once(socket, 'message', { signal })
    } finally {
      clearInterval(timer)
      socket.close()
    }
  }
}

const questions: Readonly<Record<string, Question>> = {
  connect: overTcp('hello\n'),
  livez: overTcp('GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
  page: overTcp('GET / HTTP/1.1\r\nHost: 10.77.0.1\r\nConnection: close\r\n\r\n'),
  datagram: overUdp(() => new Uint8Array(64)),
  ntp: overUdp(ntpRequest),
  sctp: overUdp(initPacket),
}

/** How long the main thread of a process has run so far, in user and kernel mode, in milliseconds. */
function cpuMillis(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8')
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12).map(Number)
  return (user + system) * MILLIS_PER_TICK
}

const [name = '', address = '', port, pid = ''] = process.argv.slice(2)
const question = questions[name]
if (question === undefined) throw new Error(`no question ${name}`)
process.stdin.resume()
const costs: number[] = []
for (let number = 0; !process.stdin.readableEnded || costs.length < LEAST_ANSWERS; number += 1) {
  const before = cpuMillis(pid)
  await question({ address, port: Number(port) }, number, AbortSignal.timeout(PATIENCE_MILLIS))
  costs.push(cpuMillis(pid) - before)
  await delay(PAUSE_MILLIS)
}
process.stdout.write(JSON.stringify(costs))
