import { assert, bigInt, boolean, integer, property, record, uint8Array, array } from 'fast-check'
import { describe, expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { toNtpTimestamp } from '../ntp/index.ts'
import { MalformedError } from '../parsed.ts'
import { readTestPacket } from './reflect.ts'
import { hmacOf } from './stamp-hmac.ts'
import {
  basePacketBytes,
  decodeReflectorPacket,
  decodeSenderPacket,
  encodeReflectorPacketInto,
  encodeSenderPacketInto,
} from './stamp-packet.ts'
import { readTlvs, type SentTlv, STAMP_TLV, TLV_FLAG, writeTlvs } from './tlv.ts'

const u32 = integer({ min: 0, max: 0xffff_ffff })
const u64 = bigInt({ min: 0n, max: 2n ** 64n - 1n })
const errorEstimates = record({
  synchronized: boolean(),
  ptp: boolean(),
  scale: integer({ min: 0, max: 63 }),
  multiplier: integer({ min: 0, max: 255 }),
})
const own = { sequence: u32, timestamp: u64, errorEstimate: errorEstimates }
const senders = record({ ...own, sessionId: integer({ min: 0, max: 0xffff }) })
const reflectors = record({
  ...own,
  sessionId: integer({ min: 0, max: 0xffff }),
  receiveTimestamp: u64,
  sender: record(own),
  senderTtl: integer({ min: 0, max: 255 }),
})
const KEY = Uint8Array.from({ length: 32 }, (_, index) => index)
const MODES = [
  ['unauthenticated', undefined],
  ['authenticated', KEY],
] as const
const NOW = 1_772_366_400_000_000_000n
const ESTIMATE = { synchronized: true, ptp: false, scale: 12, multiplier: 1 }
const SENT = { sequence: 7, timestamp: 0x1122334455667788n, errorEstimate: ESTIMATE, sessionId: 9 }

describe.each(MODES)('%s', (_, key) => {
  test('a packet of either side comes back as it was', () => {
    const bytes = new Uint8Array(basePacketBytes(key))
    assert(
      property(senders, reflectors, (sender, reflector) => {
        encodeSenderPacketInto(sender, bytes, key)
        expect(decodeSenderPacket(bytes, key)).toEqual({ ok: true, value: sender })
        encodeReflectorPacketInto(reflector, bytes, key)
        expect(decodeReflectorPacket(bytes, key)).toEqual({ ok: true, value: reflector })
      }),
    )
  })

  test('what is too short is malformed, and never thrown', () => {
    assert(
      property(uint8Array({ maxLength: basePacketBytes(key) - 1 }), (bytes) => {
        const result = decodeSenderPacket(bytes, key)
        expect(result.ok ? undefined : result.error).toBeInstanceOf(MalformedError)
      }),
    )
  })

  test(
    'any bytes at all are answered with as many, or refused',
    () => {
      feedMutated([request([classOfService(), padding(20)], key)], 20_000, (bytes) => {
        const result = readTestPacket(bytes, key)
        const answer = result.ok ? result.value.answer(reflection(), NOW) : bytes
        expect(answer.length).toBe(bytes.length)
      })
    },
    MANY_INPUTS_MILLIS,
  )
})

test('the fields stand where RFC 8762 has them', () => {
  const bytes = new Uint8Array(44)
  encodeSenderPacketInto(SENT, bytes)
  expect(Buffer.from(bytes).toString('hex')).toBe(
    `0000000711223344556677888c010009${'00'.repeat(28)}`,
  )
  const signed = new Uint8Array(112)
  encodeSenderPacketInto(SENT, signed, KEY)
  const covered = `00000007${'00'.repeat(12)}11223344556677888c010009${'00'.repeat(68)}`
  expect(Buffer.from(signed.subarray(0, 96)).toString('hex')).toBe(covered)
  expect(signed.subarray(96)).toEqual(hmacOf(KEY, [signed.subarray(0, 96)]))
})

test('TLVs come back as they were written, whatever they hold', () => {
  const tlvs = array(record({ type: integer({ min: 0, max: 255 }), value: uint8Array() }))
  assert(
    property(tlvs, (sent) => {
      const bytes = new Uint8Array(2_000)
      const read = readTlvs(bytes.subarray(0, writeTlvs(sent, bytes)))
      expect(read.map(({ type, value }) => ({ type, value }))).toEqual(sent)
      expect(read.every(({ flags }) => flags === TLV_FLAG.unrecognized)).toBe(true)
    }),
  )
})

describe('an answer', () => {
  test("has the times, the sender's fields, and the TTL with which they arrived", () => {
    expect(answered([])).toEqual({
      sequence: 7,
      timestamp: toNtpTimestamp(NOW + 500n),
      errorEstimate: ESTIMATE,
      sessionId: 9,
      receiveTimestamp: toNtpTimestamp(NOW),
      sender: { sequence: 7, timestamp: SENT.timestamp, errorEstimate: ESTIMATE },
      senderTtl: 61,
    })
  })

  test('of a stateful reflector counts answers: a gap of the sender is none of its own', () => {
    const result = readTestPacket(request([]))
    if (!result.ok) throw result.error
    const bytes = result.value.answer(reflection({ received: 3, sent: 2 }), NOW)
    expect(decodeReflectorPacket(bytes)).toMatchObject({ value: { sequence: 1 } })
  })

  test.each<[string, SentTlv, number, string]>([
    ['padding', padding(3), 0, '000000'],
    ['class of service', classOfService(), 0, '2b950000'],
    [
      'class of service that is too short',
      tlv(STAMP_TLV.classOfService, 3),
      TLV_FLAG.malformed,
      '000000',
    ],
    ['ports', tlv(STAMP_TLV.location, 4), 0, '12fe9c40'],
    ['ports and a sub-TLV', tlv(STAMP_TLV.location, 8), 0, '12fe9c4080000000'],
    ['counts', tlv(STAMP_TLV.directMeasurement, 12), 0, '000000000000000300000002'],
    ['an HMAC without a key', tlv(STAMP_TLV.hmac, 16), TLV_FLAG.unrecognized, '00'.repeat(16)],
    ['a TLV of another type', tlv(200, 2), TLV_FLAG.unrecognized, '0000'],
  ])('has %s filled in, and flagged', (_, sent, flags, value) => {
    const [read] = answeredTlvs(request([sent]), reflection({ received: 3, sent: 2 }))
    expect({ flags: read?.flags, value: Buffer.from(read?.value ?? []).toString('hex') }).toEqual({
      flags,
      value,
    })
  })

  test('flags what it does not know: traffic class, counts, and a TLV that is cut off', () => {
    const unknown = { ...reflection(), header: { ...reflection().header, trafficClass: null } }
    const tlvs = [classOfService(), tlv(STAMP_TLV.directMeasurement, 12), padding(40)]
    const flags = answeredTlvs(request(tlvs).subarray(0, -10), unknown).map((each) => each.flags)
    expect(flags).toEqual([TLV_FLAG.unrecognized, TLV_FLAG.unrecognized, TLV_FLAG.malformed])
  })
})

describe('with a key', () => {
  test('a packet with one wrong bit is malformed', () => {
    const bytes = signedRequest()
    bytes[20] = 1
    expect(readTestPacket(bytes, KEY)).toMatchObject({ ok: false, error: { field: 'HMAC' } })
  })

  test('TLVs are filled in when their HMAC is right, and signed anew', () => {
    const bytes = signedRequest()
    const tlvs = answeredTlvs(bytes, reflection({ received: 9, sent: 8 }), KEY)
    expect(tlvs.map(({ flags }) => flags)).toEqual([0, 0])
    const covered = Uint8Array.of(0, 0, 0, 7, 0, 4, 0, 4, ...(tlvs[0]?.value ?? []))
    expect(tlvs[1]?.value).toEqual(hmacOf(KEY, [covered]))
  })

  test('TLVs that were changed on the way, or have no HMAC, are flagged and left alone', () => {
    const changed = signedRequest()
    changed[117] = 1
    for (const bytes of [changed, request([classOfService()], KEY)]) {
      const [first] = answeredTlvs(bytes, reflection(), KEY)
      expect(first).toMatchObject({ flags: TLV_FLAG.integrity, value: bytes.subarray(116, 120) })
    }
  })
})

test('an answer is not answered: reflectors cannot be set on each other', () => {
  const result = readTestPacket(request([]))
  if (!result.ok) throw result.error
  const answer = result.value.answer(reflection(), NOW + 9_000_000_000n)
  expect(readTestPacket(answer)).toMatchObject({ ok: false, error: { field: 'Receive Timestamp' } })
})

function tlv(type: number, length: number): SentTlv {
  return { type, value: new Uint8Array(length) }
}

function padding(length: number): SentTlv {
  return tlv(STAMP_TLV.extraPadding, length)
}

/** Asks for DSCP 10 on the way back. */
function classOfService(): SentTlv {
  return { type: STAMP_TLV.classOfService, value: Uint8Array.of(10 << 2, 0, 0, 0) }
}

function request(tlvs: readonly SentTlv[], key?: Uint8Array): Uint8Array {
  const base = basePacketBytes(key)
  const bytes = new Uint8Array(500)
  encodeSenderPacketInto(SENT, bytes, key)
  return bytes.slice(0, base + writeTlvs(tlvs, bytes.subarray(base)))
}

/** What came in with DSCP 57 and ECN 1. */
function reflection(counts: { received: number; sent: number } | null = null) {
  const header = { sourcePort: 40_000, destinationPort: 4862, trafficClass: 0xe5, counts }
  return { receivedAt: NOW, ttl: 61, header, errorEstimate: ESTIMATE }
}

function answered(tlvs: readonly SentTlv[]) {
  const result = readTestPacket(request(tlvs))
  if (!result.ok) throw result.error
  const answer = decodeReflectorPacket(result.value.answer(reflection(), NOW + 500n))
  return answer.ok ? answer.value : answer.error
}

function answeredTlvs(
  bytes: Uint8Array,
  how: ReturnType<typeof reflection> | object,
  key?: Uint8Array,
) {
  const result = readTestPacket(bytes, key)
  if (!result.ok) throw result.error
  const answer = result.value.answer(how as ReturnType<typeof reflection>, NOW)
  return readTlvs(answer.subarray(basePacketBytes(key)))
}

/** A request with a right HMAC over its TLVs. */
function signedRequest(): Uint8Array {
  const bytes = request([classOfService(), tlv(STAMP_TLV.hmac, 16)], KEY)
  bytes.set(hmacOf(KEY, [bytes.subarray(0, 4), bytes.subarray(112, 120)]), 124)
  return bytes
}
