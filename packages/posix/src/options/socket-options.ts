import { isIPv6, type Socket } from 'node:net'

import { systemCall } from '../ffi/libc.ts'
import { descriptorOf, type SocketTarget } from '../socket/descriptor-of.ts'
import type { NativeSocket } from '../socket/native-socket.ts'
import {
  socketOptionCodecs,
  type SocketOptionCodec,
  type SocketOptionValue,
} from './socket-option-codecs.ts'
import {
  SOCKET_OPTION_LEVELS,
  socketOptions,
  type SocketOption,
  type SocketOptionName,
  type SocketOptionValueOf,
} from './socket-option-table.ts'

/** No option has this name. */
export class UnknownSocketOptionError extends Error {
  override readonly name = 'UnknownSocketOptionError'
  readonly option: string

  constructor(option: string) {
    super(`${option} is not a known socket option`)
    this.option = option
  }
}

/** The option can only be read, or only be set. */
export class SocketOptionAccessError extends Error {
  override readonly name = 'SocketOptionAccessError'
  readonly option: string

  constructor(option: string, refused: 'read' | 'set') {
    super(`${option} can be ${refused === 'read' ? 'set' : 'read'} only`)
    this.option = option
  }
}

/** The value is not one of the option's; `allowed` says in words what is. */
export class SocketOptionValueError extends RangeError {
  override readonly name = 'SocketOptionValueError'
  readonly option: string
  readonly allowed: string

  constructor(option: string, allowed: string, value: unknown) {
    super(`${option} is ${allowed}, not ${JSON.stringify(value)}`)
    this.option = option
    this.allowed = allowed
  }
}

const getsockopt = systemCall('int getsockopt(int, int, int, uint8_t *, uint32_t *)')
const setsockopt = systemCall('int setsockopt(int, int, int, const uint8_t *, uint32_t)')

/** Nine numbers (linux/sock_diag.h), of which the last is SK_MEMINFO_DROPS. */
const SO_MEMINFO = 55
const SK_MEMINFO_DROPS = 8

const byName = new Map<string, SocketOption>(socketOptions.map((option) => [option.name, option]))

/** @throws {UnknownSocketOptionError} */
export function findSocketOption(name: string): SocketOption {
  const option = byName.get(name)
  if (option === undefined) throw new UnknownSocketOptionError(name)
  return option
}

/**
 * The value of an option (getsockopt(2)), of a socket of ours or of Node's.
 *
 * @throws {SystemCallError} ENOPROTOOPT or EOPNOTSUPP when this socket has no such option
 * @throws {UnknownSocketOptionError} when there is no option of this name
 * @throws {SocketOptionAccessError} when it can be set only
 * @throws {ClosedDescriptorError} when the socket has no descriptor (any more)
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function getSocketOption<Name extends SocketOptionName>(
  target: SocketTarget,
  name: Name,
): SocketOptionValueOf<Name> {
  const option = findSocketOption(name)
  const codec: SocketOptionCodec<SocketOptionValue> = codecOf(option)
  if (!option.readable || codec.decode === undefined)
    throw new SocketOptionAccessError(name, 'read')
  const memory = new Uint8Array(codec.bytes)
  const length = Uint32Array.of(memory.length)
  const level = SOCKET_OPTION_LEVELS[option.level]
  getsockopt(descriptorOf(target), level, option.number, memory, length)
  return codec.decode(memory, length[0] ?? 0) as SocketOptionValueOf<Name>
}

/**
 * Sets an option (setsockopt(2)) of a socket of ours or of Node's.
 *
 * @throws {SystemCallError} ENOPROTOOPT when this socket has no such option, EPERM when it takes a privilege,
 *   ENODEV for an interface that is not there, EINVAL for a value that the kernel refuses
 * @throws {SocketOptionValueError} when the value is not of the option's type
 * @throws {UnknownSocketOptionError} when there is no option of this name
 * @throws {SocketOptionAccessError} when it can be read only
 * @throws {ClosedDescriptorError} when the socket has no descriptor (any more)
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function setSocketOption<Name extends SocketOptionName>(
  target: SocketTarget,
  name: Name,
  value: SocketOptionValueOf<Name>,
): void {
  const option = findSocketOption(name)
  const encoded = encode(option, value)
  const level = levelFor(option, value)
  setsockopt(descriptorOf(target), level, option.number, encoded, encoded.length)
}

function encode(option: SocketOption, value: SocketOptionValue): Uint8Array {
  const codec = codecOf(option)
  if (!option.settable || codec.encode === undefined) {
    throw new SocketOptionAccessError(option.name, 'set')
  }
  const encoded = codec.encode(value)
  if (encoded === undefined) throw new SocketOptionValueError(option.name, codec.allowed, value)
  return encoded
}

/** The MCAST_ options have one name for both families, and the level of the group's. */
function levelFor(option: SocketOption, value: SocketOptionValue): number {
  const isIpv6Group = typeof value === 'object' && 'group' in value && isIPv6(value.group)
  return SOCKET_OPTION_LEVELS[isIpv6Group ? 'IPPROTO_IPV6' : option.level]
}

/** The table says which type goes with which option: from here on they belong together. */
function codecOf(option: SocketOption): SocketOptionCodec<SocketOptionValue> {
  return socketOptionCodecs[option.type]
}

/**
 * How many datagrams the kernel has dropped for want of room on this socket so far (SO_MEMINFO, Linux 4.12).
 * SO_RXQ_OVFL reports them with the next datagram only.
 *
 * @throws {SystemCallError} ENOPROTOOPT on an older kernel
 * @throws {ClosedDescriptorError} when the socket is closed
 */
export function kernelDrops(socket: NativeSocket): number {
  const numbers = new Uint32Array(SK_MEMINFO_DROPS + 1)
  const { SOL_SOCKET } = SOCKET_OPTION_LEVELS
  getsockopt(socket.descriptor, SOL_SOCKET, SO_MEMINFO, numbers, Uint32Array.of(numbers.byteLength))
  return numbers[SK_MEMINFO_DROPS] ?? 0
}

/**
 * Milliseconds since the last segment from the peer's kernel: data, or an acknowledgement of data, of a keepalive
 * or of a window probe. A peer that is up and does not read still acknowledges; one that vanished does not.
 * (TCP_USER_TIMEOUT cannot tell the two apart: it ends both.)
 *
 * @throws {SystemCallError} when getsockopt fails
 * @throws {ClosedDescriptorError} when the socket has no descriptor any more
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function millisSinceLastSegment(socket: Socket | NativeSocket): number {
  const { lastDataReceivedMillis, lastAckReceivedMillis } = getSocketOption(socket, 'TCP_INFO')
  return Math.min(lastDataReceivedMillis, lastAckReceivedMillis)
}
