import type { ResolvedAddress } from '@sockyard/service/resolve'

import { openBatchPingSocket } from './batch-ping-socket.ts'
import { openDgramPingSocket } from './dgram-ping-socket.ts'
import type { PingSocket } from './ping-socket.ts'

/**
 * Connects to the first of the addresses to which there is a route. Nothing is sent: whether somebody
 * listens there is not known yet.
 *
 * @param size bytes of a probe
 * @throws {NetworkError} why there is no route to the last of them
 */
export async function openPingSocket(
  addresses: readonly ResolvedAddress[],
  { engine, size }: { engine: 'batch' | 'dgram'; size: number },
): Promise<PingSocket> {
  let failure: unknown
  for (const target of addresses) {
    try {
      return engine === 'batch'
        ? openBatchPingSocket(target, size)
        : await openDgramPingSocket(target)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}
