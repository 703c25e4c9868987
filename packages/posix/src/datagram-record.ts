import { endianness } from 'node:os'

/** The kernel's structs are in this machine's order (little on x64 and arm64), what is on the wire is not. */
export const LITTLE = endianness() === 'LE'

/**
 * What is known of one datagram, in bytes from the beginning of its record: 32-bit numbers. A record holds no
 * address of memory, so that it may be handed to another thread.
 */
export const RECORD = {
  length: 0,
  flags: 4,
  /** 4 or 6; 0 when nobody said where it came from. */
  sourceFamily: 8,
  sourcePort: 12,
  /** Four words: an IPv4 address is IPv4-mapped (RFC 4291, 2.5.5.2). */
  source: 16,
  sourceScope: 32,
  /** 4 or 6; 0 when it is not known. */
  destinationFamily: 36,
  destination: 40,
  interfaceIndex: 56,
  /** -1 when it is not known. */
  hopLimit: 60,
  /** Two words of seconds, the low one first. */
  seconds: 64,
  nanoseconds: 72,
  drops: 76,
  segmentBytes: 80,
} as const

export const RECORD_BYTES = 88
/** The third word of an IPv4-mapped address. */
export const MAPPED = 0xffff
