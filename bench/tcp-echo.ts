import type { Benchmark } from './harness/benchmark.ts'
import { CPU_MEASURES, loadedServers, type Loads } from './harness/loaded-servers.ts'
import { ownClient } from './harness/own-client.ts'
import { ITERATIVE, SOCAT, SOCKPERF, TCP_SERVERS } from './tcp-servers.ts'

const BYTES = 64

const loads: Loads = {
  '1 connection': { c: 'tcp-ping-load', args: [1, BYTES] },
  '50 connections': { c: 'tcp-ping-load', args: [50, BYTES] },
  '500 connections': { c: 'tcp-ping-load', args: [500, BYTES] },
}

const starved = 'it serves one at a time'
const iterative = {
  ...ITERATIVE,
  leftOut: { '50 connections': starved, '500 connections': starved },
}

export const tcpEcho: Benchmark = {
  name: 'tcp-echo',
  title: 'TCP echo: round trips',
  about:
    'Messages of 64 B; on each connection the next one goes out when the last came back. Each answer is compared.',
  baseline: 'C fork',
  measures: [
    { name: 'rate', label: 'round trips/s', better: 'more' },
    { name: 'p50Micros', label: 'p50, µs', better: 'less' },
    { name: 'p99Micros', label: 'p99, µs', better: 'less' },
    ...CPU_MEASURES,
  ],
  cases: Object.keys(loads),
  contestants: [...loadedServers([...TCP_SERVERS, SOCAT, iterative], loads), ownClient(SOCKPERF)],
  chart: 'bars',
}
