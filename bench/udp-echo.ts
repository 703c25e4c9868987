import type { Benchmark } from './harness/benchmark.ts'
import {
  CPU_MEASURES,
  loadedServers,
  type Loads,
  type ServerEntry,
} from './harness/loaded-servers.ts'

/** The rule stays on; only its number is out of the way of a single source as fast as this. */
const RATE_LIMIT = ['--rate-limit', 100_000_000]
const LOCAL = ['serve', '--host', '127.0.0.1', '--port', 0, ...RATE_LIMIT]

const servers: readonly ServerEntry[] = [
  { name: 'C recvfrom', kind: 'classic', command: { c: 'recvfrom-echo' } },
  { name: 'C recvmmsg', kind: 'native', command: { c: 'recvmmsg-echo' } },
  {
    name: 'ours, node',
    kind: 'ours',
    command: { app: 'udp-echo', args: [...LOCAL, '--engine', 'node'] },
  },
  {
    name: 'ours, native',
    kind: 'ours',
    command: { app: 'udp-echo', args: [...LOCAL, '--engine', 'native'] },
  },
]

const sizes = [64, 1400]
const windows = [1, 8, 64]
const loads: Loads = Object.fromEntries(
  sizes.flatMap((size) =>
    windows.map((window) => [
      `${size} B, window ${window}`,
      { c: 'udp-load', args: [window, size] },
    ]),
  ),
)

export const udpEcho: Benchmark = {
  name: 'udp-echo',
  title: 'UDP echo',
  about:
    'One source, with as many datagrams unanswered at once as the window says. Each answer is compared. The load takes as much of its core as the server: where recvmmsg in C is no faster than recvfrom, an engine cannot be either; what it costs the server stands beside it.',
  baseline: 'C recvfrom',
  measures: [
    { name: 'rate', label: 'echoes/s', better: 'more' },
    { name: 'lost', label: 'lost', better: 'less' },
    ...CPU_MEASURES,
  ],
  cases: Object.keys(loads),
  contestants: loadedServers(servers, loads),
  chart: 'bars',
}
