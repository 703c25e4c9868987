import type { Benchmark } from './harness/benchmark.ts'
import { CPU_MEASURES, loadedServers, type Loads } from './harness/loaded-servers.ts'
import { relays } from './relays.ts'

const NO_WINDOW = 0

const loads: Loads = {
  '100 clients, 2,000 lines/s': { c: 'relay-load', args: [100, 10, NO_WINDOW, 2000] },
}

export const chatDelay: Benchmark = {
  name: 'chat-delay',
  title: 'Chat relay: delay at a fixed load',
  about:
    'Ten of 100 clients send lines on a schedule; the delay counts from the scheduled time of a line until each of the other 99 has received it.',
  baseline: 'C select',
  measures: [
    { name: 'p99Micros', label: 'p99, µs', better: 'less' },
    { name: 'p50Micros', label: 'p50, µs', better: 'less' },
    { name: 'rate', label: 'deliveries/s', better: 'more' },
    ...CPU_MEASURES,
  ],
  cases: Object.keys(loads),
  contestants: loadedServers(relays(), loads),
  chart: 'bars',
}
