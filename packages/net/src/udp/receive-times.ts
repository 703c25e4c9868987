import type { Socket } from 'node:dgram'

import { lastReceiveTime, noteReceiveTimes } from '@sockyard/posix/datagram'
import { NativeCallsMissingError, SystemCallError } from '@sockyard/posix/ffi'

import { now } from '../clock/clock.ts'
import type { LogTarget } from '../log/limited-log.ts'

/** When the message came in that a `message` listener is called with; nanoseconds since 1970. */
export type ReceiveTime = () => bigint

/**
 * Has the kernel stamp what comes in on this socket, so that a time does not depend on when it is read. Where
 * that is not possible (no koffi, no Linux) the time is that of the call, and the log says so.
 */
export function receiveTimes(socket: Socket, log?: Pick<LogTarget, 'info'>): ReceiveTime {
  try {
    noteReceiveTimes(socket)
    return () => lastReceiveTime(socket)
  } catch (error) {
    if (!(error instanceof NativeCallsMissingError || error instanceof SystemCallError)) throw error
    log?.info({ error }, 'datagrams are timestamped when read')
    return now
  }
}
