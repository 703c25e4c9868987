import type { Benchmark } from './harness/benchmark.ts'
import { CPU_MEASURES, loadedServers, type Loads } from './harness/loaded-servers.ts'
import { ITERATIVE, SOCAT, TCP_SERVERS } from './tcp-servers.ts'

/** Few: the kernel remembers each connection (see tcp-connect-load.c). */
const WARM_UP_SECONDS = 0.2
const loads: Loads = {
  '1 at a time': { c: 'tcp-connect-load', args: [1], warmUpSeconds: WARM_UP_SECONDS },
  '16 at a time': { c: 'tcp-connect-load', args: [16], warmUpSeconds: WARM_UP_SECONDS },
}

export const tcpConnections: Benchmark = {
  name: 'tcp-connections',
  title: 'TCP echo: connections a second',
  about:
    'Connect, 64 B there and back, FIN from the client, FIN from the server; then the next. One at a time, the client and the kernel take most of the time: C with epoll is no more than twice fork, too.',
  baseline: 'C fork',
  measures: [{ name: 'rate', label: 'connections/s', better: 'more' }, ...CPU_MEASURES],
  cases: Object.keys(loads),
  contestants: loadedServers([...TCP_SERVERS, SOCAT, ITERATIVE], loads),
  chart: 'bars',
}
