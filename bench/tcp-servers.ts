import type { ServerEntry } from './harness/loaded-servers.ts'
import type { OwnClientEntry } from './harness/own-client.ts'

const LOCAL = ['serve', '--host', '127.0.0.1', '--port', 0]

/** The echo servers over TCP. */
export const TCP_SERVERS: readonly ServerEntry[] = [
  { name: 'C fork', kind: 'classic', command: { c: 'fork-echo' } },
  { name: 'C epoll', kind: 'native', command: { c: 'epoll-echo' } },
  {
    name: 'ours, node',
    kind: 'ours',
    command: { app: 'tcp-echo', args: [...LOCAL, '--engine', 'node'] },
  },
  {
    name: 'ours, native',
    kind: 'ours',
    command: { app: 'tcp-echo', args: [...LOCAL, '--engine', 'native'] },
  },
]

/** Serves one at a time: only for cases in which that does not starve the others. */
export const ITERATIVE: ServerEntry = {
  name: 'C iterative',
  kind: 'classic',
  command: { c: 'iterative-echo' },
}

export const SOCAT: ServerEntry = {
  name: 'socat',
  kind: 'peer',
  command: {
    path: 'socat',
    args: (port) => [`TCP-LISTEN:${port},fork,reuseaddr,backlog=4096`, 'PIPE'],
  },
}

/** Its server understands only its own client's messages. */
export const SOCKPERF: OwnClientEntry = {
  name: 'sockperf, own client',
  path: 'sockperf',
  server: (port) => ['server', '--tcp', '-i', '127.0.0.1', '-p', port],
  client: (name, port, seconds) =>
    name === '1 connection'
      ? ['ping-pong', '--tcp', '-i', '127.0.0.1', '-p', port, '-m', 64, '-t', Math.ceil(seconds)]
      : undefined,
  rateOf: (output) => {
    const total = /RunTime=([\d.]+) sec.*ReceivedMessages=(\d+)/.exec(output)
    return Number(total?.[2]) / Number(total?.[1])
  },
}

/** Does not echo: it takes bytes, one way. */
export const IPERF: OwnClientEntry = {
  name: 'iperf, one way',
  path: 'iperf',
  server: (port) => ['-s', '-B', '127.0.0.1', '-p', port],
  client: (name, port, seconds) => [
    '-c',
    '127.0.0.1',
    '-p',
    port,
    '-t',
    seconds,
    '-P',
    Number.parseInt(name, 10),
    '-y',
    'C',
  ],
  // The last line is the sum of all connections, its last field bits a second.
  rateOf: (output) => Number(output.trim().split(/[,\n]/).at(-1)) / 8,
}
