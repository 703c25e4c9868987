import { isIPv6 } from 'node:net'

import { descriptorOf, type SocketTarget } from './descriptor-of.ts'
import { systemCall } from './libc.ts'
import { socketOptionCodecs, type SocketOptionCodec } from './socket-option-codecs.ts'
import {
  SocketOptionAccessError,
  SocketOptionValueError,
  UnknownSocketOptionError,
} from './socket-option-errors.ts'
import {
  SOCKET_OPTION_LEVELS,
  socketOptions,
  type SocketOption,
  type SocketOptionName,
  type SocketOptionValueOf,
} from './socket-option-table.ts'
import type { SocketOptionValue } from './socket-option-values.ts'

const getsockopt = systemCall('int getsockopt(int, int, int, uint8_t *, uint32_t *)')
const setsockopt = systemCall('int setsockopt(int, int, int, const uint8_t *, uint32_t)')

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
 * @throws {UnknownSocketOptionError} when nobody knows the name
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
 * @throws {UnknownSocketOptionError} when nobody knows the name
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
