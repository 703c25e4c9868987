import type { Definition } from './definition.ts'

/** How the service's socket is held: by node:net, by node:dgram, or natively to be handed over. */
export type SocketHolder = 'connections' | 'datagrams' | 'handed-over'

export function holderOf({ entry, run }: Definition): SocketHolder {
  if (run.internal !== undefined) return entry.transport === 'tcp' ? 'connections' : 'datagrams'
  return entry.wait ? 'handed-over' : 'connections'
}

/** Two definitions with the same identity can share their open sockets: only what they start differs. */
export function identityOf(definition: Definition): string {
  const { addresses, transport, family = 46 } = definition.entry
  return [addresses.join(','), definition.port, transport, family, holderOf(definition)].join(' ')
}
