import type { AddressInfo } from 'node:net'

import type { NativeSocket } from '@sockyard/posix/socket'

import { listenDualStack } from '../address/listen.ts'
import { openListeningSockets } from '../tcp/listening-sockets.ts'
import type { WorkerServerOptions } from './parent.ts'

/** Listening sockets that workers accept at. */
export interface SharedListeners {
  readonly sockets: readonly NativeSocket[]
  readonly bound: AddressInfo
  /** Before the sockets are closed. */
  hide(): void
}

/** @param count one for all workers, or one for each with SO_REUSEPORT (socket(7)) */
export async function openSharedListeners(
  { host, port, family, onListening }: WorkerServerOptions,
  count: number,
): Promise<SharedListeners> {
  const { sockets, bound } = await listenDualStack({ host, port, family }, (address, ipv6Only) =>
    Promise.resolve(openListeningSockets({ host: address, port, ipv6Only }, count)),
  )
  const at = { transport: 'tcp', address: bound.address, port: bound.port } as const
  const hides = sockets.map((target) => onListening?.({ ...at, target }))
  return { sockets, bound, hide: () => hides.forEach((hide) => hide?.()) }
}
