import { constants } from 'node:os'

import { integerFunction, lastErrno } from './libc.ts'
import { SystemCallError, type NativeValue } from './system-call-error.ts'

const { EAGAIN, ECONNABORTED, EINTR } = constants.errno

/** A call of libc on a socket: undefined where it would have to wait. */
type SocketCall = (...values: readonly NativeValue[]) => number | undefined

/**
 * A socket call that is made again when a signal interrupted it (EINTR; and accept(2) when the peer has already
 * gone, ECONNABORTED), and whose EAGAIN is an answer, not an error: that happens too often to be thrown.
 *
 * @throws {SystemCallError} from the function that comes back, for every other errno
 */
function socketCall(name: string, prototype: string): SocketCall {
  const call = integerFunction(prototype)
  return (...values) => {
    for (;;) {
      const result = call(...values)
      if (result !== -1) return result
      const errno = lastErrno()
      if (errno === EAGAIN) return undefined
      if (errno !== EINTR && errno !== ECONNABORTED) throw new SystemCallError(name, errno, values)
    }
  }
}

export const receiveCall = socketCall('recv', 'int64_t recv(int, uint8_t *, size_t, int)')
export const sendCall = socketCall('send', 'int64_t send(int, const uint8_t *, size_t, int)')
export const acceptCall = socketCall('accept4', 'int accept4(int, uint8_t *, uint32_t *, int)')
export const receiveFromCall = socketCall(
  'recvfrom',
  'int64_t recvfrom(int, uint8_t *, size_t, int, uint8_t *, uint32_t *)',
)
export const sendToCall = socketCall(
  'sendto',
  'int64_t sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)',
)
export const sendMessageCall = socketCall('sendmsg', 'int64_t sendmsg(int, const uint8_t *, int)')
export const receiveMessageCall = socketCall('recvmsg', 'int64_t recvmsg(int, uint8_t *, int)')
