import type { Benchmark } from './harness/benchmark.ts'
import { tcpBulk } from './tcp-bulk.ts'
import { tcpConnections } from './tcp-connections.ts'
import { tcpEcho } from './tcp-echo.ts'
import { udpEcho } from './udp-echo.ts'

/** All that `pnpm bench` runs, in this order. */
export const BENCHMARKS: readonly Benchmark[] = [tcpEcho, tcpConnections, tcpBulk, udpEcho]
