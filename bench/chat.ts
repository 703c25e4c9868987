import type { Benchmark } from './harness/benchmark.ts'
import {
  CPU_MEASURES,
  loadedServers,
  type Loads,
  type ServerEntry,
} from './harness/loaded-servers.ts'

/** The rule stays on; only its number is out of the way of clients as fast as these. */
const RATE_LIMIT = ['--rate-limit', 100_000_000]
/** Lines that each speaker has under way at once. */
const WINDOW = 8

const loads: Loads = {
  '10 clients, 1 talking': { c: 'relay-load', args: [10, 1, WINDOW] },
  '100 clients, 1 talking': { c: 'relay-load', args: [100, 1, WINDOW] },
  '100 clients, 10 talking': { c: 'relay-load', args: [100, 10, WINDOW] },
}

export const chat: Benchmark = {
  name: 'chat',
  title: 'Chat with names: deliveries a second',
  about:
    'As the relay, but each line is shown with its speaker’s name; that of Sockyard also escapes control characters. The limits are on: a sender that is asked to slow down does not count as failed.',
  baseline: 'ncat --chat',
  measures: [{ name: 'rate', label: 'deliveries/s', better: 'more' }, ...CPU_MEASURES],
  cases: Object.keys(loads),
  contestants: loadedServers(
    [
      {
        name: 'ncat --chat',
        kind: 'peer',
        command: { path: 'ncat', args: (port) => ['-l', '-m', 1000, '--chat', '127.0.0.1', port] },
      },
      ...['node', 'native'].map((engine): ServerEntry => ({
        name: `ours, ${engine}`,
        kind: 'ours',
        command: {
          app: 'chat',
          args: ['serve', '--host', '127.0.0.1', '--port', 0, ...RATE_LIMIT, '--engine', engine],
        },
      })),
    ],
    loads,
  ),
  chart: 'bars',
}
