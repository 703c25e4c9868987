import { chatDelay } from './chat-delay.ts'
import { chatRelay } from './chat-relay.ts'
import { chat } from './chat.ts'
import { designs } from './designs.ts'
import type { Benchmark } from './harness/benchmark.ts'
import { idleConnections } from './idle-connections.ts'
import { inetd } from './inetd.ts'
import { multicast } from './multicast.ts'
import { sctp } from './sctp.ts'
import { services } from './services.ts'
import { tcpBulk } from './tcp-bulk.ts'
import { tcpConnections } from './tcp-connections.ts'
import { tcpEcho } from './tcp-echo.ts'
import { udpEcho } from './udp-echo.ts'

/** All that `pnpm bench` runs, in this order. */
export const BENCHMARKS: readonly Benchmark[] = [
  tcpEcho,
  tcpConnections,
  tcpBulk,
  udpEcho,
  designs,
  inetd,
  chatRelay,
  chat,
  chatDelay,
  multicast,
  idleConnections,
  services,
  sctp,
]
