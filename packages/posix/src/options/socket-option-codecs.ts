import { isIP } from 'node:net'

import { encodeTimeval } from '../ffi/native-memory.ts'
import { inetNtop, inetPton } from '../socket/socket-address.ts'
import {
  encodeGroupMembership,
  encodeGroupSourceMembership,
  encodeIpv4Membership,
  encodeIpv4SourceMembership,
  encodeIpv6Membership,
  type GroupMembership,
  type GroupSourceMembership,
  type Ipv4Membership,
  type Ipv4SourceMembership,
} from './membership-codecs.ts'
import { type TcpInfo, decodeTcpInfo, TCP_INFO_BYTES } from './tcp-info.ts'

/** What the value of an option is in JavaScript, by the option's type. */
export interface SocketOptionValues {
  flag: boolean
  /** 32 bits, signed. */
  int: number
  /** struct linger: how long close(2) waits for unsent data. */
  linger: Linger
  /** struct timeval as milliseconds; 0 is without end. */
  timeval: number
  /** The name of an interface or of an algorithm; '' is none. */
  name: string
  ipv4Address: string
  /** struct ip_mreqn. */
  ipv4Membership: Ipv4Membership
  /** struct ip_mreq_source. */
  ipv4SourceMembership: Ipv4SourceMembership
  /** struct ipv6_mreq, and struct group_req, which takes both families. */
  ipv6Membership: GroupMembership
  groupMembership: GroupMembership
  /** struct group_source_req. */
  groupSourceMembership: GroupSourceMembership
  tcpInfo: TcpInfo
  /** struct ucred. */
  credentials: Credentials
}

interface Linger {
  on: boolean
  seconds: number
}

interface Credentials {
  processId: number
  userId: number
  groupId: number
}

/** How an option is written in memory: `flag`, `int`, `linger` … */
export type SocketOptionType = keyof SocketOptionValues
/** What any option may hold. */
export type SocketOptionValue = SocketOptionValues[SocketOptionType]

/** How the values of one type of option are written in memory, in this machine's byte order. */
export interface SocketOptionCodec<Value> {
  /** Room that getsockopt(2) is given. */
  bytes: number
  /** What a value has to be, in words. */
  allowed: string
  /** @param memory what getsockopt wrote, and zeros after it */
  decode?(memory: Uint8Array, length: number): Value
  /** @returns undefined for a value that is not allowed */
  encode?(value: Value): Uint8Array | undefined
}

type Codecs = { [Type in SocketOptionType]: SocketOptionCodec<SocketOptionValues[Type]> }

export const socketOptionCodecs: Codecs = {
  flag: {
    bytes: 4,
    allowed: 'true or false',
    decode: (memory) => readInt(memory) !== 0,
    encode: (on) => (typeof on === 'boolean' ? ints(Number(on)) : undefined),
  },
  int: {
    bytes: 4,
    allowed: 'a whole number of 32 bits, signed',
    decode: (memory) => readInt(memory),
    encode: (value) => (isInt(value) ? ints(value) : undefined),
  },
  linger: {
    bytes: 8,
    allowed: '{ on, seconds }, whole seconds from 0 on',
    decode: (memory) => ({ on: readInt(memory) !== 0, seconds: readInt(memory, 4) }),
    encode: ({ on, seconds }) =>
      isInt(seconds) && seconds >= 0 ? ints(Number(on), seconds) : undefined,
  },
  timeval: {
    bytes: 16,
    allowed: 'milliseconds from 0 on',
    decode: (memory) => readLong(memory) * 1_000 + readLong(memory, 8) / 1_000,
    encode: (millis) => (millis >= 0 && Number.isFinite(millis) ? timeval(millis) : undefined),
  },
  name: {
    bytes: 16,
    allowed: 'a name of at most 15 bytes without NUL',
    decode: (memory, length) => Buffer.from(untilNul(memory.subarray(0, length))).toString(),
    encode: (name) => (isName(name) ? Buffer.from(`${name}\0`) : undefined),
  },
  ipv4Address: {
    bytes: 4,
    allowed: 'an IPv4 address',
    decode: (memory) => inetNtop(memory.subarray(0, 4)),
    encode: (text) => (isIP(text) === 4 ? inetPton(text) : undefined),
  },
  ipv4Membership: {
    bytes: 12,
    allowed: '{ group, localAddress?, interfaceIndex? }, IPv4',
    encode: encodeIpv4Membership,
  },
  ipv4SourceMembership: {
    bytes: 12,
    allowed: '{ group, source, localAddress? }, IPv4',
    encode: encodeIpv4SourceMembership,
  },
  ipv6Membership: {
    bytes: 20,
    allowed: '{ group, interfaceIndex }, IPv6',
    encode: encodeIpv6Membership,
  },
  groupMembership: {
    bytes: 136,
    allowed: '{ group, interfaceIndex }',
    encode: encodeGroupMembership,
  },
  groupSourceMembership: {
    bytes: 264,
    allowed: '{ group, source, interfaceIndex }, both addresses of one family',
    encode: encodeGroupSourceMembership,
  },
  tcpInfo: { bytes: TCP_INFO_BYTES, allowed: 'nothing: it is read only', decode: decodeTcpInfo },
  credentials: {
    bytes: 12,
    allowed: 'nothing: it is read only',
    decode: (memory) => ({
      processId: readInt(memory),
      userId: readInt(memory, 4),
      groupId: readInt(memory, 8),
    }),
  },
}

function readInt(memory: Uint8Array, offset = 0): number {
  return new Int32Array(memory.buffer, memory.byteOffset + offset, 1)[0] ?? 0
}

function readLong(memory: Uint8Array, offset = 0): number {
  return Number(new BigInt64Array(memory.buffer, memory.byteOffset + offset, 1)[0] ?? 0n)
}

function ints(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer)
}

function timeval(millis: number): Uint8Array {
  return new Uint8Array(encodeTimeval(millis).buffer)
}

function isInt(value: number): boolean {
  return Number.isInteger(value) && (value | 0) === value
}

function isName(value: string): boolean {
  return typeof value === 'string' && !value.includes('\0') && Buffer.byteLength(value) <= 15
}

function untilNul(memory: Uint8Array): Uint8Array {
  const end = memory.indexOf(0)
  return end < 0 ? memory : memory.subarray(0, end)
}
