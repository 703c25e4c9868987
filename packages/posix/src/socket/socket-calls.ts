import { constants } from 'node:os'

import {
  integerFunction,
  lastErrno,
  SystemCallError,
  type NativeValue,
  systemCall,
} from '../ffi/libc.ts'
import { AF_INET, AF_INET6, AF_UNIX } from './socket-address.ts'

const { EAGAIN, ECONNABORTED, EINPROGRESS, EINTR } = constants.errno

/** What one send(2) or recv(2) does differently, by the manual's names: flags are joined with `|`. */
export const MSG = {
  /** Urgent (out-of-band) data: one byte, TCP only. */
  OOB: 0x1,
  /** Reads without taking: the next call sees the same bytes. */
  PEEK: 0x2,
  /** Only to hosts on the same network. */
  DONTROUTE: 0x4,
  /** Receiving a datagram returns its whole length, also when it did not fit. */
  TRUNC: 0x20,
  /** This one call does not wait, whatever the socket is. */
  DONTWAIT: 0x40,
  /** The end of a record (SOCK_SEQPACKET). */
  EOR: 0x80,
  /** Waits until the memory is full, the stream is over, or an error comes. */
  WAITALL: 0x100,
  /** No SIGPIPE: `NativeSocket` always sends with it. */
  NOSIGNAL: 0x4000,
  /** More follows at once: TCP and UDP hold this until it does. */
  MORE: 0x8000,
} as const

const FAMILIES = { IPv4: AF_INET, IPv6: AF_INET6, unix: AF_UNIX } as const
const TYPES = { stream: 1, datagram: 2, raw: 3, seqpacket: 5 } as const
/** socket(2): flags that may be joined with the type. */
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000

/** What socket(2) is asked for. */
export interface SocketKind {
  family: keyof typeof FAMILIES
  type: keyof typeof TYPES
  /** A number of /etc/protocols; 0, the default, is the one that goes with family and type. */
  protocol?: number
  /** Whether calls that would wait return undefined instead; false by default. */
  nonBlocking?: boolean
}

/** The arguments of socket(2) and of socketpair(2). Every descriptor is closed by exec. */
export function kindArguments(kind: SocketKind): [family: number, type: number, protocol: number] {
  const { family, type, protocol = 0, nonBlocking = false } = kind
  return [
    FAMILIES[family],
    TYPES[type] | SOCK_CLOEXEC | (nonBlocking ? SOCK_NONBLOCK : 0),
    protocol,
  ]
}

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

const connect = integerFunction('int connect(int, const uint8_t *, uint32_t)')
const poll = integerFunction('int poll(int16_t *, uint64_t, int)')
const getsockopt = systemCall('int getsockopt(int, int, int, uint8_t *, uint32_t *)')
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
