import { systemCall, SystemCallError } from '../ffi/libc.ts'
import { Descriptor } from '../socket/descriptor.ts'
import { NativeSocket } from '../socket/native-socket.ts'
import { closeOnExec } from './process.ts'

const getsockopt = systemCall('int getsockopt(int, int, int, int32_t *, uint32_t *)')

/** socket(7) */
const SOL_SOCKET = 1
const SO_TYPE = 3
const SO_ACCEPTCONN = 30
const SOCK_STREAM = 1
const SOCK_DGRAM = 2

/** A TCP or UDP socket opened by the process that started this one (inetd(8), sd_listen_fds(3)). */
export interface InheritedSocket {
  readonly descriptor: Descriptor
  /** `listener`: accepts TCP connections. `connection`: is one. `datagram`: UDP. */
  readonly kind: 'listener' | 'connection' | 'datagram'
  readonly family: 'IPv4' | 'IPv6'
  /** Where it is bound. */
  readonly port: number
  /** Whether it has a peer (connect(2)): of a connection, and of a UDP socket that busybox's udpsvd, or socat, passes. */
  readonly isConnected: boolean
}

/**
 * Takes over a descriptor that this process was started with, when it is a TCP or UDP socket; programs that this
 * process starts do not get it. One of the standard streams (0, 1, 2) is duplicated: Node uses those numbers for
 * other things, and `dgram.Socket.bind({ fd: 0 })` does nothing.
 *
 * @returns undefined when it is no such socket, or not open; it is then left as it is
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function takeInheritedSocket(number: number): InheritedSocket | undefined {
  const found = describeSocket(number)
  if (found === undefined) return undefined
  if (number > 2) closeOnExec(number)
  const descriptor = number > 2 ? new Descriptor(number) : duplicateOf(number)
  return { descriptor, ...found }
}

function describeSocket(number: number): Omit<InheritedSocket, 'descriptor'> | undefined {
  try {
    const address = localAddressOf(number)
    if (address === undefined || address.family === 'unix') return undefined
    const kind = kindOf(number)
    const isConnected = kind !== 'listener' && hasPeer(number)
    return kind && { kind, family: address.family, port: address.port, isConnected }
  } catch (error) {
    if (error instanceof SystemCallError) return undefined
    throw error
  }
}

function kindOf(number: number): InheritedSocket['kind'] | undefined {
  const type = numberOption(number, SO_TYPE)
  if (type === SOCK_DGRAM) return 'datagram'
  if (type !== SOCK_STREAM) return undefined
  return numberOption(number, SO_ACCEPTCONN) === 0 ? 'connection' : 'listener'
}

function numberOption(number: number, option: number): number {
  const value = new Int32Array(1)
  getsockopt(number, SOL_SOCKET, option, value, Uint32Array.of(value.byteLength))
  return value[0] ?? 0
}

function localAddressOf(number: number): ReturnType<NativeSocket['localAddress']> {
  return borrow(number, (socket) => socket.localAddress())
}

function hasPeer(number: number): boolean {
  try {
    return borrow(number, (socket) => socket.remoteAddress()) !== undefined
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'ENOTCONN') return false
    throw error
  }
}

/** The descriptor is not ours yet, and stays whose it is. */
function borrow<Result>(number: number, use: (socket: NativeSocket) => Result): Result {
  const borrowed = NativeSocket.adopt(number)
  try {
    return use(borrowed)
  } finally {
    borrowed.release()
  }
}

function duplicateOf(number: number): Descriptor {
  const original = new Descriptor(number)
  try {
    return original.duplicate()
  } finally {
    original.release()
  }
}
