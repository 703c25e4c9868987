import { constants } from 'node:os'

import { integerFunction, lastErrno } from './libc.ts'
import { SystemCallError, type NativeValue } from './system-call-error.ts'

const { EAGAIN, ECONNABORTED, EINTR } = constants.errno

/** A call of libc on a socket: undefined where it would have to wait. */
type SocketCall = (...values: readonly NativeValue[]) => number | undefined

/**
 * A socket call that is made again when a signal interrupted it, and whose EAGAIN is an answer, not an error: that
 * happens too often to be thrown.
 *
 * @param again the errnos after which it is made again
 * @throws {SystemCallError} from the function that comes back, for every other errno
 */
function socketCall(name: string, prototype: string, again = [EINTR]): SocketCall {
  const call = integerFunction(prototype)
  return (...values) => {
    for (;;) {
      const result = call(...values)
      if (result !== -1) return result
      const errno = lastErrno()
      if (errno === EAGAIN) return undefined
      if (!again.includes(errno)) throw new SystemCallError(name, errno, values)
    }
  }
}

export const receiveCall = socketCall('recv', 'int64_t recv(int, uint8_t *, size_t, int)')
export const sendCall = socketCall('send', 'int64_t send(int, const uint8_t *, size_t, int)')
/** Of a peer that has gone before it was accepted accept(2) says ECONNABORTED: the next one is asked for. */
export const acceptCall = socketCall('accept4', 'int accept4(int, uint8_t *, uint32_t *, int)', [
  EINTR,
  ECONNABORTED,
])
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
