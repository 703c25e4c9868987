import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'

import type { RunningApp } from '@sockyard/testkit/process'

import {
  type Benchmark,
  type Contestant,
  type Kind,
  LeftOutError,
  type Sample,
} from './harness/benchmark.ts'
import { cpuSecondsOf } from './harness/process-tree.ts'
import { type Command, startProcess } from './harness/start-process.ts'

/** Where Debian's libusrsctp-examples are. */
const PROGRAMS = '/usr/lib/usrsctp'
/** usrsctp's programs do not say when they listen. */
const STARTING_MILLIS = 500
const ONE_WAY = 'one way'
const ECHO = 'echo'
/** tsctp ends some tenths of a second after its last message, never the same: so many that those count for little. */
const MESSAGES_FOR_A_SECOND: Readonly<Record<string, number>> = {
  [ONE_WAY]: 80_000,
  [ECHO]: 20_000,
}

type Side = (udpPort: number, to: number, count: number) => Command

/** Without its output: Debian's tsctp writes a debug line for much of what it does. */
function usrsctp(name: string, ...args: (string | number)[]): Command {
  const program = `${PROGRAMS}/${name}`
  if (!existsSync(program)) throw new LeftOutError('libusrsctp-examples is not installed')
  return { path: 'sh', args: ['-c', 'exec "$0" "$@" > /dev/null 2>&1', program, ...args] }
}

const ours = (...args: (string | number)[]): Command => ({ script: 'bench/sctp-peer.ts', args })

const theirSink: Side = (udpPort, to) => usrsctp('tsctp', '-E', udpPort, '-U', to, '-p', 5001)
const theirSource: Side = (udpPort, to, count) =>
  usrsctp('tsctp', '-E', udpPort, '-U', to, '-p', 5001, '-D', '-l', 1000, '-n', count, '127.0.0.1')
const theirEcho: Side = (udpPort, to) => usrsctp('echo_server', udpPort, to)
const ourSink: Side = (udpPort) => ours('sink', udpPort)
const ourSource: Side = (udpPort, to, count) => ours('source', udpPort, to, count)
const ourEcho: Side = (udpPort) => ours('echo', udpPort)
const ourPing: Side = (udpPort, to, count) => ours('ping', udpPort, to, count)

interface Pair {
  name: string
  kind: Kind
  sides: Readonly<Record<string, { server: Side; client: Side }>>
}

const PAIRS: readonly Pair[] = [
  {
    name: 'usrsctp',
    kind: 'peer',
    sides: {
      [ONE_WAY]: { server: theirSink, client: theirSource },
      [ECHO]: { server: theirEcho, client: ourPing },
    },
  },
  {
    name: 'ours',
    kind: 'ours',
    sides: {
      [ONE_WAY]: { server: ourSink, client: ourSource },
      [ECHO]: { server: ourEcho, client: ourPing },
    },
  },
  {
    name: 'usrsctp to ours',
    kind: 'peer',
    sides: { [ONE_WAY]: { server: ourSink, client: theirSource } },
  },
  {
    name: 'ours to usrsctp',
    kind: 'ours',
    sides: { [ONE_WAY]: { server: theirSink, client: ourSource } },
  },
]

interface Took {
  seconds: number
  senderCpu: number
  receiverCpu: number
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

/** Until a client ends: what it took by its own report, or from its start. */
async function finished(client: RunningApp): Promise<{ seconds: number; cpu: number }> {
  const began = performance.now()
  let cpu = 0
  // Its processor time can't be read any more once it is gone.
  const watch = setInterval(() => {
    cpu = Math.max(cpu, cpuSecondsOf(client.pid))
  }, 20)
  await client.exited
  clearInterval(watch)
  const own = client.lines.find(({ seconds }) => typeof seconds === 'number')?.['seconds']
  return { seconds: Number(own ?? (performance.now() - began) / 1000), cpu }
}

async function exchange(server: Side, client: Side, count: number): Promise<Took> {
  const [serverPort, clientPort] = [await freePort(), await freePort()]
  await using receiver = await startProcess(server(serverPort, clientPort, count), 'server')
  await after(STARTING_MILLIS)
  const before = cpuSecondsOf(receiver.pid)
  await using sender = await startProcess(client(clientPort, serverPort, count), 'load')
  const { seconds, cpu } = await finished(sender)
  return { seconds, senderCpu: cpu, receiverCpu: cpuSecondsOf(receiver.pid) - before }
}

/** tsctp ends long after its last message: what one message takes is taken off. */
async function exchangeOf(server: Side, client: Side, count: number): Promise<Took> {
  const whole = await exchange(server, client, count)
  if (client !== theirSource) return whole
  const one = await exchange(server, client, 1)
  return {
    seconds: whole.seconds - one.seconds,
    senderCpu: whole.senderCpu - one.senderCpu,
    receiverCpu: whole.receiverCpu - one.receiverCpu,
  }
}

async function sample({ sides }: Pair, name: string, forSeconds: number): Promise<Sample> {
  const pair = sides[name]
  if (pair === undefined) throw new LeftOutError('its client has no echo')
  const count = Math.ceil((MESSAGES_FOR_A_SECOND[name] ?? 0) * forSeconds)
  const { seconds, senderCpu, receiverCpu } = await exchangeOf(pair.server, pair.client, count)
  return {
    rate: count / seconds,
    senderMicros: (senderCpu / count) * 1e6,
    receiverMicros: (receiverCpu / count) * 1e6,
  }
}

function contestant(pair: Pair): Contestant {
  const subject = {
    sample: (name: string, seconds: number) => sample(pair, name, seconds),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return { name: pair.name, kind: pair.kind, open: () => Promise.resolve(subject) }
}

export const sctp: Benchmark = {
  name: 'sctp',
  title: 'SCTP over UDP: messages a second',
  about:
    "Messages of 1,000 B one way, and echoed with 64 under way, beside usrsctp's own tsctp and echo_server (Debian's libusrsctp-examples). The client of both echoes is ours.",
  baseline: 'usrsctp',
  measures: [
    { name: 'rate', label: 'messages/s', better: 'more' },
    { name: 'senderMicros', label: 'sender, CPU µs each', better: 'less' },
    { name: 'receiverMicros', label: 'receiver, CPU µs each', better: 'less' },
  ],
  cases: [ONE_WAY, ECHO],
  contestants: PAIRS.map(contestant),
  chart: 'bars',
}
