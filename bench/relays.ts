import type { ServerEntry } from './harness/loaded-servers.ts'

/**
 * The servers that send what one client says to all the others, byte for byte.
 *
 * @param ncatLeftOut cases in which ncat can't take part, with the reason
 */
export function relays(ncatLeftOut: Readonly<Record<string, string>> = {}): ServerEntry[] {
  return [
    { name: 'C select', kind: 'classic', command: { c: 'select-relay' } },
    {
      name: 'C select, no delay',
      kind: 'classic',
      command: { c: 'select-relay', args: ['no-delay'] },
    },
    { name: 'C epoll', kind: 'native', command: { c: 'epoll-relay' } },
    ...['node', 'native'].map((engine): ServerEntry => ({
      name: `ours, ${engine}`,
      kind: 'ours',
      command: {
        app: 'chat',
        args: ['serve', '--host', '127.0.0.1', '--port', 0, '--relay', '--engine', engine],
      },
    })),
    {
      name: 'ncat --broker',
      kind: 'peer',
      command: { path: 'ncat', args: (port) => ['-l', '-m', 1000, '--broker', '127.0.0.1', port] },
      leftOut: ncatLeftOut,
    },
  ]
}
