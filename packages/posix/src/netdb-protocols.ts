import { ForeignStruct, nativeText, pointerFunction } from './foreign-memory.ts'
import { libcFunction } from './libc.ts'

const byName = pointerFunction('void *getprotobyname(const uint8_t *)')
const byNumber = pointerFunction('void *getprotobynumber(int)')
const setprotoent = libcFunction('void setprotoent(int)')
const nextEntry = pointerFunction('void *getprotoent()')
const endprotoent = libcFunction('void endprotoent()')

/** Offsets in struct protoent (getprotoent(3)), the same on every 64-bit Linux. */
export const PROTOENT = { p_name: 0, p_aliases: 8, p_proto: 16, bytes: 24 } as const

/** A line of protocols(5). */
export interface ProtocolEntry {
  name: string
  aliases: string[]
  /** As it stands in the header of IP. */
  number: number
}

/*
 * The calls answer in memory that all threads share: it is copied before anything else can run here, so call
 * them from one thread only. musl has the list built in.
 */

/**
 * A protocol by its name or an alias (getprotobyname(3)).
 *
 * @returns undefined when the database has none
 */
export function getprotobyname(name: string): ProtocolEntry | undefined {
  return entryAt(byName(nativeText(name)))
}

/**
 * A protocol by its number (getprotobynumber(3)).
 *
 * @returns undefined when the database has none
 */
export function getprotobynumber(number: number): ProtocolEntry | undefined {
  return entryAt(byNumber(number))
}

/** The whole database, from setprotoent(3) over getprotoent to endprotoent. */
export function getprotoent(): ProtocolEntry[] {
  const found: ProtocolEntry[] = []
  setprotoent(1)
  for (let entry = entryAt(nextEntry()); entry !== undefined; entry = entryAt(nextEntry()))
    found.push(entry)
  endprotoent()
  return found
}

function entryAt(address: bigint | undefined): ProtocolEntry | undefined {
  if (address === undefined) return undefined
  const entry = new ForeignStruct(address, PROTOENT.bytes)
  return {
    name: entry.text(PROTOENT.p_name),
    aliases: entry.texts(PROTOENT.p_aliases),
    number: entry.int32(PROTOENT.p_proto),
  }
}
