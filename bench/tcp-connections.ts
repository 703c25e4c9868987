import type { Benchmark } from './harness/benchmark.ts'
import { CPU_MEASURES, loadedServers, type Loads } from './harness/loaded-servers.ts'
import { ITERATIVE, SOCAT, TCP_SERVERS } from './tcp-servers.ts'

const loads: Loads = {
  '1 at a time': { c: 'tcp-connect-load', args: [1] },
  '16 at a time': { c: 'tcp-connect-load', args: [16] },
}

export const tcpConnections: Benchmark = {
  name: 'tcp-connections',
  title: 'TCP echo: connections a second',
  about: 'Connect, 64 B there and back, FIN from the client, FIN from the server; then the next.',
  baseline: 'C fork',
  measures: [{ name: 'rate', label: 'connections/s', better: 'more' }, ...CPU_MEASURES],
  cases: Object.keys(loads),
  contestants: loadedServers([...TCP_SERVERS, SOCAT, ITERATIVE], loads),
  chart: 'bars',
}
