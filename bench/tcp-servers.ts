import type { ServerEntry } from './harness/loaded-servers.ts'

const LOCAL = ['serve', '--host', '127.0.0.1', '--port', 0]

/** Who echoes over TCP. */
export const TCP_SERVERS: readonly ServerEntry[] = [
  { name: 'C fork', kind: 'classic', command: { c: 'fork-echo' } },
  { name: 'C epoll', kind: 'native', command: { c: 'epoll-echo' } },
  {
    name: 'ours, node',
    kind: 'ours',
    command: { app: 'tcp-echo', args: [...LOCAL, '--engine', 'node'] },
  },
  {
    name: 'ours, epoll',
    kind: 'ours',
    command: { app: 'tcp-echo', args: [...LOCAL, '--engine', 'epoll'] },
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
