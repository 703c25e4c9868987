import { setTimeout as after } from 'node:timers/promises'

import { type Benchmark, type Contestant, LeftOutError, type Sample } from './harness/benchmark.ts'
import { proportionalKiB } from './harness/process-tree.ts'
import { errorOutput, startServer } from './harness/server.ts'
import { type Command, startProcess } from './harness/start-process.ts'

/** What a server may still have to do after the last connection: log, collect garbage. */
const SETTLING_MILLIS = 1000
/** More than the default of 2,000; the limit for each address stays at 32. */
const LOCAL = ['serve', '--host', '127.0.0.1', '--port', 0, '--max-connections', 12_000]

interface Entry extends Pick<Contestant, 'name' | 'kind'> {
  command: Exclude<Command, { path: string }>
  /** The most connections it is asked to hold. */
  most: number
}

const ENTRIES: readonly Entry[] = [
  { name: 'C fork', kind: 'classic', command: { c: 'fork-echo' }, most: 1000 },
  { name: 'C epoll', kind: 'native', command: { c: 'epoll-echo' }, most: 10_000 },
  ...['node', 'native'].map((engine): Entry => ({
    name: `ours, ${engine}`,
    kind: 'ours',
    command: { app: 'tcp-echo', args: [...LOCAL, '--engine', engine] },
    most: 10_000,
  })),
]

const CASES: Readonly<Record<string, number>> = {
  '1,000 connections': 1000,
  '10,000 connections': 10_000,
}

/** A fresh server each time: what was once needed is seldom given back. */
async function hold({ command, most }: Entry, connections: number): Promise<Sample> {
  if (connections > most) throw new LeftOutError('a process for each is too much')
  await using server = await startServer(command, 'server')
  const before = proportionalKiB(server.pid)
  await using load = await startProcess(
    { c: 'tcp-idle-load', args: [server.port, 0, 0, connections] },
    'load',
  )
  await load
    .waitForLog(({ event }) => event === 'end')
    .catch((error: unknown) => {
      throw new Error(errorOutput(load), { cause: error })
    })
  await after(SETTLING_MILLIS)
  const held = proportionalKiB(server.pid)
  return { kilobytesEach: ((held - before) * 1.024) / connections, megabytes: held * 0.001024 }
}

function contestant(entry: Entry): Contestant {
  return {
    name: entry.name,
    kind: entry.kind,
    open: async () => {
      await (await startServer(entry.command, 'server'))[Symbol.asyncDispose]()
      return {
        sample: (name) => hold(entry, CASES[name] ?? 0),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }
    },
  }
}

export const idleConnections: Benchmark = {
  name: 'idle-connections',
  title: 'Memory of idle TCP connections',
  about:
    'Each connection echoed 64 B once and is then silent. What the server and its processes hold then (PSS), less what they held before, for each connection; the kernel holds its own share besides.',
  measures: [
    { name: 'kilobytesEach', label: 'kB each', better: 'less' },
    { name: 'megabytes', label: 'MB in all', better: 'less' },
  ],
  cases: Object.keys(CASES),
  contestants: ENTRIES.map(contestant),
  chart: 'bars',
}
