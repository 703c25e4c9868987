import type { Target } from './harness/verdicts.ts'
import { services as startedAlone } from './services.ts'

const ENGINES = ['ours, node', 'ours, native']
const MANY = ['50 connections', '500 connections']
const SMALL_WINDOWS = ['64 B, window 8', '64 B, window 64']
const SERVICES = startedAlone.contestants.map(({ name }) => name)

const rate = { measure: 'rate' }
const tcpEcho = { benchmark: 'tcp-echo', ...rate, of: ENGINES, cases: MANY }
const udpEcho = { benchmark: 'udp-echo', ...rate, of: ['ours, native'], cases: SMALL_WINDOWS }
const services = { benchmark: 'services', cases: ['started alone'], of: SERVICES }

/** Medians of the ratios of one run, or figures, and the limit for each. */
export const TARGETS: readonly Target[] = [
  { what: 'TCP echo: best engine / fork C', ...tcpEcho, baseline: 'C fork', atLeast: 1.5 },
  { what: 'TCP echo: best engine / C epoll', ...tcpEcho, baseline: 'C epoll', atLeast: 0.85 },
  {
    what: 'TCP connections/s: best engine / fork C',
    benchmark: 'tcp-connections',
    ...rate,
    of: ENGINES,
    cases: ['1 at a time', '16 at a time'],
    baseline: 'C fork',
    atLeast: 2,
  },
  {
    what: 'TCP bulk: best engine / fork C',
    benchmark: 'tcp-bulk',
    ...rate,
    of: ENGINES,
    cases: ['1 connection', '4 connections'],
    baseline: 'C fork',
    atLeast: 2,
  },
  { what: 'UDP echo: native / recvfrom C', ...udpEcho, baseline: 'C recvfrom', atLeast: 1.15 },
  { what: 'UDP echo: native / recvmmsg C', ...udpEcho, baseline: 'C recvmmsg', atLeast: 0.9 },
  { what: 'UDP echo: native / our node:dgram', ...udpEcho, baseline: 'ours, node', atLeast: 2 },
  {
    what: 'inetd, programs a second: same user / openbsd-inetd',
    benchmark: 'inetd',
    ...rate,
    of: ['ours, same user'],
    cases: ['1 at a time', '8 at a time'],
    baseline: 'openbsd-inetd',
    atLeast: 0.8,
  },
  {
    what: 'Chat relay: ours / select() C',
    benchmark: 'chat-relay',
    ...rate,
    of: ENGINES,
    cases: ['100 clients, 10 talking'],
    baseline: 'C select',
    atLeast: 5,
  },
  {
    what: 'Chat relay: native / node',
    benchmark: 'chat-relay',
    ...rate,
    of: ['ours, native'],
    cases: ['100 clients, 10 talking'],
    baseline: 'ours, node',
    atLeast: 1.1,
  },
  {
    what: 'Chat relay: ours / C epoll with writev',
    benchmark: 'chat-relay',
    ...rate,
    of: ENGINES,
    cases: ['100 clients, 10 talking', '500 clients, 10 talking'],
    baseline: 'C epoll',
    atLeast: 0.95,
  },
  {
    what: 'Chat with names: ours / ncat --chat',
    benchmark: 'chat',
    ...rate,
    of: ENGINES,
    cases: ['100 clients, 10 talking'],
    baseline: 'ncat --chat',
    atLeast: 2,
  },
  {
    what: 'Multicast, two receivers, 200 B: lost',
    benchmark: 'multicast',
    measure: 'lost',
    of: ['ours'],
    cases: ['100,000/s'],
    atMost: 0,
  },
  { what: 'Start to ready, ms: the slowest', ...services, measure: 'readyMillis', atMost: 300 },
  {
    what: 'Private memory when idle, MB: the largest',
    ...services,
    measure: 'privateMegabytes',
    atMost: 40,
  },
  {
    what: 'Memory of an idle TCP connection, kB: the larger engine',
    benchmark: 'idle-connections',
    measure: 'kilobytesEach',
    of: ENGINES,
    cases: ['10,000 connections'],
    atMost: 10,
  },
  {
    what: 'SCTP, 1,000 B: ours / usrsctp',
    benchmark: 'sctp',
    ...rate,
    of: ['ours'],
    cases: ['one way', 'echo'],
    baseline: 'usrsctp',
    atLeast: 0.5,
  },
]
