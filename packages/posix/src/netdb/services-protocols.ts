import { libcFunction } from '../ffi/libc.ts'
import { cString, pointerFunction, StructReader } from '../ffi/native-memory.ts'

const serviceByName = pointerFunction('void *getservbyname(const uint8_t *, const uint8_t *)')
const serviceByPort = pointerFunction('void *getservbyport(int, const uint8_t *)')
const setservent = libcFunction('void setservent(int)')
const nextService = pointerFunction('void *getservent()')
const endservent = libcFunction('void endservent()')

const protocolByName = pointerFunction('void *getprotobyname(const uint8_t *)')
const protocolByNumber = pointerFunction('void *getprotobynumber(int)')
const setprotoent = libcFunction('void setprotoent(int)')
const nextProtocol = pointerFunction('void *getprotoent()')
const endprotoent = libcFunction('void endprotoent()')

/** Offsets in struct servent (getservent(3)), the same on every 64-bit Linux. */
export const SERVENT = { s_name: 0, s_aliases: 8, s_port: 16, s_proto: 24, bytes: 32 } as const
/** Offsets in struct protoent (getprotoent(3)), the same on every 64-bit Linux. */
export const PROTOENT = { p_name: 0, p_aliases: 8, p_proto: 16, bytes: 24 } as const

/** A line of services(5). */
export interface ServiceEntry {
  name: string
  aliases: string[]
  port: number
  /** `tcp`, `udp`, `sctp` … */
  protocol: string
}

/** A line of protocols(5). */
export interface ProtocolEntry {
  name: string
  aliases: string[]
  /** The protocol number of the IP header. */
  number: number
}

/*
 * These calls answer in memory that all threads share: it is copied before anything else can run here. Call them
 * from one thread only. musl has the protocols built in.
 */

/**
 * A service by its name or an alias (getservbyname(3)).
 *
 * @param protocol `tcp` or `udp`; without it any
 * @returns undefined when the database has none
 */
export function getservbyname(name: string, protocol?: string): ServiceEntry | undefined {
  return readService(serviceByName(cString(name), protocolName(protocol)))
}

/**
 * A service by its port, in host byte order (getservbyport(3) itself takes network byte order).
 *
 * @returns undefined when the database has none
 * @throws {RangeError} for a port that is not 0 to 65535
 */
export function getservbyport(port: number, protocol?: string): ServiceEntry | undefined {
  if (port < 0 || port > 0xff_ff) throw new RangeError(`a port is 0 to 65535: ${port}`)
  return readService(serviceByPort(swapBytes(port), protocolName(protocol)))
}

/** All services, from setservent(3) through getservent to endservent. musl has none to enumerate. */
export function getservent(): ServiceEntry[] {
  return enumerate(setservent, nextService, endservent, readService)
}

/**
 * A protocol by its name or an alias (getprotobyname(3)).
 *
 * @returns undefined when the database has none
 */
export function getprotobyname(name: string): ProtocolEntry | undefined {
  return readProtocol(protocolByName(cString(name)))
}

/**
 * A protocol by its number (getprotobynumber(3)).
 *
 * @returns undefined when the database has none
 */
export function getprotobynumber(number: number): ProtocolEntry | undefined {
  return readProtocol(protocolByNumber(number))
}

/** All protocols, from setprotoent(3) through getprotoent to endprotoent. */
export function getprotoent(): ProtocolEntry[] {
  return enumerate(setprotoent, nextProtocol, endprotoent, readProtocol)
}

/** Every entry of a database, with libc's three functions for it: set, get and end. */
export function enumerate<Entry>(
  set: (stayOpen: number) => unknown,
  next: () => bigint | undefined,
  end: () => unknown,
  read: (address: bigint | undefined) => Entry | undefined,
): Entry[] {
  const found: Entry[] = []
  set(1)
  for (let entry = read(next()); entry !== undefined; entry = read(next())) found.push(entry)
  end()
  return found
}

function protocolName(protocol: string | undefined): Uint8Array | null {
  return protocol === undefined ? null : cString(protocol)
}

function readService(address: bigint | undefined): ServiceEntry | undefined {
  if (address === undefined) return undefined
  const entry = new StructReader(address, SERVENT.bytes)
  return {
    name: entry.text(SERVENT.s_name),
    aliases: entry.texts(SERVENT.s_aliases),
    port: swapBytes(entry.int32(SERVENT.s_port) & 0xff_ff),
    protocol: entry.text(SERVENT.s_proto),
  }
}

function readProtocol(address: bigint | undefined): ProtocolEntry | undefined {
  if (address === undefined) return undefined
  const entry = new StructReader(address, PROTOENT.bytes)
  return {
    name: entry.text(PROTOENT.p_name),
    aliases: entry.texts(PROTOENT.p_aliases),
    number: entry.int32(PROTOENT.p_proto),
  }
}

/** htons(3) and ntohs(3) on x64 and arm64. */
function swapBytes(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8)
}
