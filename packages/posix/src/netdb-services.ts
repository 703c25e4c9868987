import { ForeignStruct, nativeText, pointerFunction } from './foreign-memory.ts'
import { libcFunction } from './libc.ts'

const byName = pointerFunction('void *getservbyname(const uint8_t *, const uint8_t *)')
const byPort = pointerFunction('void *getservbyport(int, const uint8_t *)')
const setservent = libcFunction('void setservent(int)')
const nextEntry = pointerFunction('void *getservent()')
const endservent = libcFunction('void endservent()')

/** Offsets in struct servent (getservent(3)), the same on every 64-bit Linux. */
export const SERVENT = { s_name: 0, s_aliases: 8, s_port: 16, s_proto: 24, bytes: 32 } as const

/** A line of services(5). */
export interface ServiceEntry {
  name: string
  aliases: string[]
  port: number
  /** `tcp`, `udp`, `sctp` … */
  protocol: string
}

/*
 * The calls answer in memory that all threads share: it is copied before anything else can run here, so call
 * them from one thread only.
 */

/**
 * A service by its name or an alias (getservbyname(3)).
 *
 * @param protocol `tcp` or `udp`; without it any
 * @returns undefined when the database has none
 */
export function getservbyname(name: string, protocol?: string): ServiceEntry | undefined {
  return entryAt(byName(nativeText(name), protocolText(protocol)))
}

/**
 * A service by its port, in this machine's order (getservbyport(3) takes it in network order).
 *
 * @returns undefined when the database has none
 */
export function getservbyport(port: number, protocol?: string): ServiceEntry | undefined {
  if (port < 0 || port > 0xff_ff) throw new RangeError(`a port is 0 to 65535: ${port}`)
  return entryAt(byPort(swapped(port), protocolText(protocol)))
}

/** The whole database, from setservent(3) over getservent to endservent. musl has none to go through. */
export function getservent(): ServiceEntry[] {
  const found: ServiceEntry[] = []
  setservent(1)
  for (let entry = entryAt(nextEntry()); entry !== undefined; entry = entryAt(nextEntry()))
    found.push(entry)
  endservent()
  return found
}

function protocolText(protocol: string | undefined): Uint8Array | null {
  return protocol === undefined ? null : nativeText(protocol)
}

function entryAt(address: bigint | undefined): ServiceEntry | undefined {
  if (address === undefined) return undefined
  const entry = new ForeignStruct(address, SERVENT.bytes)
  return {
    name: entry.text(SERVENT.s_name),
    aliases: entry.texts(SERVENT.s_aliases),
    port: swapped(entry.int32(SERVENT.s_port) & 0xff_ff),
    protocol: entry.text(SERVENT.s_proto),
  }
}

/** htons(3) and ntohs(3) of x64 and arm64. */
function swapped(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8)
}
