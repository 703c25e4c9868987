import { constants } from 'node:os'

import { integerFunction, lastErrno, systemCall } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const connect = integerFunction('int connect(int, const uint8_t *, uint32_t)')
const poll = integerFunction('int poll(int16_t *, uint64_t, int)')
const getsockopt = systemCall('int getsockopt(int, int, int, uint8_t *, uint32_t *)')
const { EINPROGRESS, EINTR } = constants.errno
const SOL_SOCKET = 1
const SO_ERROR = 4
const POLLOUT = 4

/**
 * connect(2). After a signal the connecting goes on by itself, and a second call would only say EALREADY: then
 * its end is waited for.
 *
 * @returns false when a non-blocking socket is still connecting
 * @throws {SystemCallError} when it failed
 */
export function connectCall(descriptor: number, address: Uint8Array): boolean {
  if (connect(descriptor, address, address.length) === 0) return true
  const errno = lastErrno()
  if (errno === EINPROGRESS) return false
  if (errno !== EINTR) throw new SystemCallError('connect', errno, [descriptor, address])
  waitUntilConnected(descriptor)
  return true
}

function waitUntilConnected(descriptor: number): void {
  // struct pollfd: a descriptor of 32 bits, the events asked for, and those that happened.
  const asked = new Int16Array(4)
  new Int32Array(asked.buffer)[0] = descriptor
  asked[2] = POLLOUT
  while (poll(asked, 1, -1) === -1) {
    if (lastErrno() !== EINTR) throw new SystemCallError('poll', lastErrno(), [descriptor])
  }
  const error = new Int32Array(1)
  getsockopt(descriptor, SOL_SOCKET, SO_ERROR, error, Uint32Array.of(4))
  if (error[0] !== 0) throw new SystemCallError('connect', error[0] ?? 0, [descriptor])
}
