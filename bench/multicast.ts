import { setTimeout as after } from 'node:timers/promises'

import { randomGroup } from '@sockyard/testkit/network'
import type { RunningApp } from '@sockyard/testkit/process'

import {
  type Benchmark,
  type Contestant,
  type Kind,
  LeftOutError,
  type Sample,
} from './harness/benchmark.ts'
import { errorOutput } from './harness/server.ts'
import { type Command, startProcess } from './harness/start-process.ts'

const BYTES = 200
const RECEIVERS = 2
/** For what is still in the receive buffers when the sender ends. */
const SETTLING_MILLIS = 300

/** Where to, how fast and how many. */
interface Stream {
  group: string
  port: number
  rate: number
  seconds: number
}

interface Entry {
  name: string
  kind: Kind
  sender: (stream: Stream) => Command
  receiver: (stream: Stream) => Command
}

const cSender = ({ group, port, seconds, rate }: Stream): Command => ({
  c: 'multicast-send',
  args: [group, port, seconds, rate, BYTES],
})

function place({ group, port }: Stream): (string | number)[] {
  return ['--group', group, '--port', port, '--interface', '127.0.0.1', '--quiet']
}

function ours(name: string, options: readonly string[]): Entry {
  return {
    name,
    kind: 'ours',
    sender: (stream) => ({
      app: 'multicast-sender',
      args: [
        ...place(stream),
        ...options,
        '--rate',
        stream.rate,
        '--count',
        stream.rate * stream.seconds,
        '--size',
        BYTES,
      ],
    }),
    receiver: (stream) => ({ app: 'multicast-receiver', args: [...place(stream), ...options] }),
  }
}

function inC(name: string, kind: Kind, call: string): Entry {
  const receiver = ({ group, port }: Stream): Command => ({
    c: 'multicast-receive',
    args: [group, port, call],
  })
  return { name, kind, sender: cSender, receiver }
}

const ENTRIES: readonly Entry[] = [
  inC('C recvfrom', 'classic', 'recvfrom'),
  inC('C recvmmsg', 'native', 'recvmmsg'),
  ours('ours', []),
  ours('ours, node', ['--engine', 'node']),
]

const CASES: Readonly<Record<string, number>> = {
  '10,000/s': 10_000,
  '50,000/s': 50_000,
  '100,000/s': 100_000,
  '200,000/s': 200_000,
}

/** What a process says of its end; it stops when it is told to by a signal or the end of its input. */
async function report(running: RunningApp): Promise<Record<string, unknown>> {
  await running.exited
  const end = running.lines.find(({ event }) => event === 'end')
  if (end === undefined) throw new LeftOutError(errorOutput(running))
  return end['data'] as Record<string, unknown>
}

async function startReceiver(entry: Entry, stream: Stream): Promise<RunningApp> {
  const running = await startProcess(entry.receiver(stream), 'anywhere')
  await running.listening().catch((error: unknown) => {
    throw new LeftOutError(errorOutput(running), { cause: error })
  })
  return running
}

async function stop(running: RunningApp): Promise<Record<string, unknown>> {
  running.stdin.end()
  if (running.lines.some(({ transport }) => transport === 'http')) running.kill()
  return report(running)
}

async function send(entry: Entry, stream: Stream): Promise<Sample> {
  await using one = await startReceiver(entry, stream)
  await using other = await startReceiver(entry, stream)
  await using sender = await startProcess(entry.sender(stream), 'anywhere')
  const { sent } = await report(sender)
  await after(SETTLING_MILLIS)
  const reports = await Promise.all([one, other].map(stop))
  const received = reports.reduce((sum, data) => sum + Number(data['received']), 0)
  const lost = RECEIVERS * Number(sent) - received
  return {
    lost,
    lostPercent: (100 * lost) / (RECEIVERS * Number(sent)),
    sentPercent: (100 * Number(sent)) / (stream.rate * stream.seconds),
  }
}

function contestant(entry: Entry): Contestant {
  const subject = {
    sample: (name: string, seconds: number) =>
      send(entry, { group: randomGroup(), port: 14_321, rate: CASES[name] ?? 0, seconds }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return { name: entry.name, kind: entry.kind, open: () => Promise.resolve(subject) }
}

export const multicast: Benchmark = {
  name: 'multicast',
  title: 'Multicast: loss at rising rates',
  about:
    'One sender, two receivers, datagrams of 200 B over loopback, three processes on the available cores. The C baselines are receivers with a C sender; Sockyard is measured with its own sender and receivers, which measure every datagram while they receive.',
  measures: [
    { name: 'lostPercent', label: 'lost, %', better: 'less' },
    { name: 'lost', label: 'lost', better: 'less' },
    { name: 'sentPercent', label: 'sent of what was to be, %', better: 'more' },
  ],
  cases: Object.keys(CASES),
  contestants: ENTRIES.map(contestant),
  chart: 'lines',
}
