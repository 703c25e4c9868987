import type { Benchmark } from './harness/benchmark.ts'
import { CPU_MEASURES, loadedServers, type Loads } from './harness/loaded-servers.ts'
import { ownClient } from './harness/own-client.ts'
import { IPERF, TCP_SERVERS } from './tcp-servers.ts'

const loads: Loads = {
  '1 connection': { c: 'tcp-bulk-load', args: [1] },
  '4 connections': { c: 'tcp-bulk-load', args: [4] },
}

export const tcpBulk: Benchmark = {
  name: 'tcp-bulk',
  title: 'TCP echo: bulk throughput',
  about:
    'A stream without end on each connection; what counts is what came back. At the end every byte must be back. socat is not in it: it stands still when both ways are full. iperf has its own client, and sends one way only. On 4 connections C with epoll is just twice fork.',
  baseline: 'C fork',
  measures: [{ name: 'rate', label: 'B/s', better: 'more' }, ...CPU_MEASURES],
  cases: Object.keys(loads),
  contestants: [...loadedServers(TCP_SERVERS, loads), ownClient(IPERF)],
  chart: 'bars',
}
