import { type Benchmark, type Contestant, LeftOutError, type Sample } from './harness/benchmark.ts'
import { CPU_MEASURES, type Loads } from './harness/loaded-servers.ts'
import { processCount, proportionalKiB } from './harness/process-tree.ts'
import { runLoad } from './harness/run-load.ts'
import { type RunningServer, type ServerCommand, startServer } from './harness/server.ts'

const LOCAL = ['serve', '--host', '127.0.0.1', '--port', 0]
const LOOK_MILLIS = 250

const DATAGRAMS = 'datagrams, window 8'

const loads: Loads = {
  '1 connection': { c: 'tcp-ping-load', args: [1, 64] },
  '16 connections': { c: 'tcp-ping-load', args: [16, 64] },
  'connections, 1 at a time': { c: 'tcp-connect-load', args: [1], warmUpSeconds: 0.2 },
  'connections, 8 at a time': { c: 'tcp-connect-load', args: [8], warmUpSeconds: 0.2 },
  [DATAGRAMS]: { c: 'udp-load', args: [8, 64] },
}

/** A design, as it stands in the command line of each app that has it. */
interface Design {
  name: string
  tcp?: string
  udp?: string
  leftOut?: Readonly<Record<string, string>>
}

const DESIGNS: readonly Design[] = [
  { name: 'event-loop', tcp: 'event-loop --engine node', udp: 'event-loop --engine node' },
  {
    name: 'event-loop, native',
    tcp: 'event-loop --engine native',
    udp: 'event-loop --engine native',
  },
  {
    name: 'iterative',
    tcp: 'iterative',
    udp: 'iterative',
    leftOut: { '16 connections': 'it serves one at a time' },
  },
  { name: 'spawn', tcp: 'spawn' },
  { name: 'pass', tcp: 'pass --workers 2' },
  { name: 'pass, engine node', tcp: 'pass --workers 2 --engine node' },
  { name: 'accept', tcp: 'accept --workers 2' },
  { name: 'reuse-port', tcp: 'reuse-port --workers 2' },
  { name: 'parallel', udp: 'parallel' },
]

/** The rule stays on; only its number is out of the way of a single source. */
const RATE_LIMIT = ['--rate-limit', 100_000_000]

function commandOf(app: 'tcp-echo' | 'udp-echo', words: string): ServerCommand {
  const limits = app === 'udp-echo' ? RATE_LIMIT : []
  return { app, args: [...LOCAL, ...limits, '--design', ...words.split(' ')] }
}

/** What stands in /metrics of how many connections each worker has served. */
async function shares({ process }: RunningServer): Promise<number[]> {
  const response = await fetch(`http://127.0.0.1:${await process.adminPort()}/metrics`)
  const lines = (await response.text()).split('\n')
  return lines
    .filter((line) => line.startsWith('sockyard_tcp_worker_accepted_total{'))
    .map((line) => Number(line.split(' ').at(-1)))
}

/** Jain's index of what each got: 1 is equal shares, 1/n is all to one of n. */
function fairness(each: readonly number[]): number {
  const sum = each.reduce((total, one) => total + one, 0)
  const squares = each.reduce((total, one) => total + one ** 2, 0)
  return sum ** 2 / (each.length * squares)
}

/** The highest memory and process count seen until `end` is called. */
function watchProcesses(pid: number): { end: () => Sample } {
  const most = { memory: 0, processes: 0 }
  const timer = setInterval(() => {
    most.memory = Math.max(most.memory, proportionalKiB(pid) / 1024)
    most.processes = Math.max(most.processes, processCount(pid))
  }, LOOK_MILLIS)
  return {
    end() {
      clearInterval(timer)
      return most
    },
  }
}

async function sample(server: RunningServer, name: string, seconds: number): Promise<Sample> {
  const load = loads[name]
  if (load === undefined) throw new LeftOutError('no load')
  const before = await shares(server)
  const watch = watchProcesses(server.pid)
  const result = await runLoad(server, load, seconds).finally(watch.end)
  const after = await shares(server)
  const served = after.map((count, index) => count - (before[index] ?? 0))
  const isShared = served.length > 1 && name !== '1 connection'
  return { ...result, ...watch.end(), ...(isShared && { fairness: fairness(served) }) }
}

/** One server for the cases of each protocol that it speaks. */
function contestant({ name, tcp, udp, leftOut }: Design): Contestant {
  return {
    name,
    kind: 'ours',
    async open() {
      await using stack = new AsyncDisposableStack()
      const start = async (app: 'tcp-echo' | 'udp-echo', words: string | undefined) =>
        words === undefined
          ? undefined
          : stack.use(await startServer(commandOf(app, words), 'server'))
      const servers = [await start('tcp-echo', tcp), await start('udp-echo', udp)]
      const opened = stack.move()
      return {
        async sample(caseName, seconds) {
          const server = servers[caseName === DATAGRAMS ? 1 : 0]
          const reason = leftOut?.[caseName] ?? 'it is of the other protocol'
          if (server === undefined || leftOut?.[caseName] !== undefined)
            throw new LeftOutError(reason)
          return sample(server, caseName, seconds)
        },
        [Symbol.asyncDispose]: () => opened.disposeAsync(),
      }
    },
  }
}

export const designs: Benchmark = {
  name: 'designs',
  title: 'Server designs',
  about: `Each way to build tcp-echo and udp-echo under the same load: messages of 64 B over connections that stay,
connections of one message each, datagrams of 64 B. The pools have two workers, on the one core of all servers. Memory and
processes are the most that was seen, with all children; fairness is Jain's index of the connections that each worker
got (1: equal shares).`,
  baseline: 'event-loop',
  measures: [
    { name: 'rate', label: 'a second', better: 'more' },
    { name: 'p99Micros', label: 'p99, µs', better: 'less' },
    { name: 'memory', label: 'MiB', better: 'less' },
    { name: 'processes', label: 'processes', better: 'less' },
    { name: 'fairness', label: 'fairness', better: 'more' },
    ...CPU_MEASURES,
  ],
  cases: Object.keys(loads),
  contestants: DESIGNS.map((design) => contestant(design)),
  chart: 'bars',
}
