import type { Socket } from 'node:dgram'

import type { GroupMembership, MembershipOptions } from './membership.ts'
import { enlargeReceiveBuffer } from './receive-buffer.ts'
import { receiveTimes } from './receive-times.ts'
import type { UdpTally } from './udp-metrics.ts'

export interface Reception {
  readonly options: Pick<MembershipOptions, 'log' | 'onDatagram' | 'receiveBufferBytes'>
  readonly tally: UdpTally
  /** What the log says when a socket has an error. */
  readonly failed: string
}

/** Takes the datagrams of a socket that is bound to one group or broadcast address, on one interface. */
export function receiveOn(socket: Socket, place: GroupMembership, reception: Reception): void {
  const { options, tally, failed } = reception
  const { log, receiveBufferBytes = 4 * 1024 * 1024 } = options
  socket.on('error', (error) => log.warn({ ...place, error: error.message }, failed))
  const receiveTime = receiveTimes(socket, log)
  socket.on('message', (bytes, { address, port }) => {
    tally.received += 1
    tally.receivedBytes += bytes.length
    options.onDatagram(bytes, { address, port, ...place, receivedAt: receiveTime() })
  })
  enlargeReceiveBuffer(socket, receiveBufferBytes, log)
}
