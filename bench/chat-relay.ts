import type { Benchmark } from './harness/benchmark.ts'
import { CPU_MEASURES, loadedServers, type Loads } from './harness/loaded-servers.ts'
import { relays } from './relays.ts'

/** Lines that each speaker has under way at once. */
const WINDOW = 8
/** The compiler of a relay in JavaScript shares its core with it: within half a second it takes some 6 %. */
const WARM_UP_SECONDS = 1.5
const loads: Loads = Object.fromEntries(
  [10, 100, 500].flatMap((clients) =>
    [1, 10].map((talking) => [
      `${clients} clients, ${talking} talking`,
      { c: 'relay-load', args: [clients, talking, WINDOW], warmUpSeconds: WARM_UP_SECONDS },
    ]),
  ),
)

const slowToLetIn = {
  '500 clients, 1 talking': 'it takes many seconds to let 500 in',
  '500 clients, 10 talking': 'it takes many seconds to let 500 in',
}

export const chatRelay: Benchmark = {
  name: 'chat-relay',
  title: 'Chat relay: deliveries a second',
  about:
    'Lines of 32 B, each from one client to all the others; a client that talks has at most eight lines under way that a member has not received yet.',
  baseline: 'C select',
  measures: [{ name: 'rate', label: 'deliveries/s', better: 'more' }, ...CPU_MEASURES],
  cases: Object.keys(loads),
  contestants: loadedServers(relays(slowToLetIn), loads),
  chart: 'bars',
}
