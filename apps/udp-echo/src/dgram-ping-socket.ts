import type { ResolvedAddress } from '@sockyard/service/resolve'

import type { PingListener, PingSocket } from './ping-socket.ts'
import { openProbeSocket } from './probe-socket.ts'

/** Probes that wait to be sent (Node's queue has no bound, nodejs/node#10902). */
const MAXIMUM_QUEUE = 1000

/**
 * Probes by node:dgram, one with each system call.
 *
 * @throws {NetworkError} when there is no route
 */
export async function openDgramPingSocket(target: ResolvedAddress): Promise<PingSocket> {
  const { socket } = await openProbeSocket([target])
  let listener: PingListener | undefined
  return {
    target,
    listen(wanted) {
      listener = wanted
      socket.on('message', (bytes) => wanted.onDatagram(bytes, performance.now()))
      socket.on('error', (error) => wanted.onNotDelivered(error))
    },
    send(sequence, bytes, dueAt) {
      if (socket.getSendQueueCount() >= MAXIMUM_QUEUE) return false
      listener?.onDeparted(sequence, performance.now(), dueAt)
      socket.send(bytes, (error) => {
        if (error !== null) setImmediate(() => listener?.onNotSent(sequence, error))
      })
      return true
    },
    [Symbol.dispose]: () => socket.close(),
  }
}
