import {
  type Arbitrary,
  array,
  bigInt,
  constant,
  integer,
  oneof,
  option,
  record,
  tuple,
  uint8Array,
} from 'fast-check'

import { decodeNtpPacket, encodeNtpPacket } from './codec.ts'
import type { NtpKey } from './keys.ts'
import type { NtpFields, NtpPacket } from './packet.ts'
import { encodeReferenceId } from './reference-id.ts'
import { toNtpTimestamp, shortToNanos } from './timestamp.ts'

/** 2026-03-01 12:00:00.123456789 UTC: now, as far as these tests are concerned. */
export const NOW = 1_772_366_400_123_456_789n

/** The one key there is. */
export const KEY: NtpKey = {
  id: 1,
  type: 'AES128',
  secret: new TextEncoder().encode('0123456789abcdef'),
}

/** A believable broadcast sent at NOW, changed where a test says so. */
export function fieldsWith(changes: Partial<NtpFields> = {}): NtpFields {
  return {
    leap: 0,
    version: 4,
    mode: 5,
    stratum: 2,
    poll: 6,
    precision: -20,
    rootDelayNanos: shortToNanos(0x0100),
    rootDispersionNanos: shortToNanos(0x0200),
    referenceIdRaw: encodeReferenceId('192.0.2.7'),
    referenceRaw: toNtpTimestamp(NOW - 60_000_000_000n),
    originRaw: 0n,
    receiveRaw: 0n,
    transmitRaw: toNtpTimestamp(NOW),
    extensions: [],
    mac: null,
    ...changes,
  }
}

/** The same as a received packet: through the wire. */
export function packetWith(changes: Partial<NtpFields> = {}): NtpPacket {
  const result = decodeNtpPacket(encodeNtpPacket(fieldsWith(changes)), NOW)
  if (!result.ok) throw result.error
  return result.value
}

function octets(minimumWords: number, maximumWords: number): Arbitrary<Uint8Array> {
  return integer({ min: minimumWords, max: maximumWords }).chain((words) =>
    uint8Array({ minLength: words * 4, maxLength: words * 4 }),
  )
}

const u32 = integer({ min: 0, max: 0xffff_ffff })
const u64 = bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })
const i8 = integer({ min: -128, max: 127 })
const shortNanos = u32.map(shortToNanos)

const header = {
  leap: integer({ min: 0, max: 3 }),
  mode: integer({ min: 0, max: 7 }),
  stratum: integer({ min: 0, max: 255 }),
  poll: i8,
  precision: i8,
  rootDelayNanos: shortNanos,
  rootDispersionNanos: shortNanos,
  referenceIdRaw: u32,
  referenceRaw: u64,
  originRaw: u64,
  receiveRaw: u64,
  transmitRaw: u64,
}

const cryptoNak = constant({ keyId: 0, digest: new Uint8Array() })

function macs(digest: Arbitrary<Uint8Array>) {
  return option(oneof(cryptoNak, record({ keyId: u32, digest })), { nil: null })
}

function extension(shortestWords: number) {
  return record({ type: integer({ min: 0, max: 0xffff }), value: octets(shortestWords, 16) })
}

const oldFields = record({
  ...header,
  version: integer({ min: 0, max: 3 }),
  extensions: constant([]),
  mac: macs(octets(1, 17)),
})

const newFields = record({
  ...header,
  version: integer({ min: 4, max: 7 }),
  // A last field of 28 octets is right with and without a MAC.
  extensions: oneof(
    constant([]),
    tuple(array(extension(3), { maxLength: 4 }), extension(6)).map(([all, last]) =>
      all.concat(last),
    ),
  ),
  mac: macs(oneof(octets(4, 4), octets(5, 5))),
})

/** Every packet that may be sent. */
export const anyFields: Arbitrary<NtpFields> = oneof(oldFields, newFields)
