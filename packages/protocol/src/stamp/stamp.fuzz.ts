import { deepStrictEqual, strictEqual } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { readTestPacket } from './reflect.ts'
import { decodeReflectorPacket, encodeSenderPacketInto } from './stamp-packet.ts'
import { readTlvs, STAMP_TLV, writeTlvs } from './tlv.ts'

const NOW = 1_772_366_400_000_000_000n
const errorEstimate = { synchronized: true, ptp: false, scale: 12, multiplier: 1 }
const header = { sourcePort: 40_000, destinationPort: 4862, trafficClass: 0xb9 }

function request(key?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(200)
  const base = key === undefined ? 44 : 112
  encodeSenderPacketInto(
    { sequence: 7, timestamp: 1n << 63n, errorEstimate, sessionId: 3 },
    bytes,
    key,
  )
  const { classOfService, directMeasurement, location, extraPadding } = STAMP_TLV
  const lengths = [
    [classOfService, 4],
    [directMeasurement, 12],
    [location, 12],
    [extraPadding, 9],
  ]
  const tlvs = lengths.map(([type = 0, length]) => ({ type, value: new Uint8Array(length ?? 0) }))
  return bytes.subarray(0, base + writeTlvs(tlvs, bytes.subarray(base)))
}

function shape(packet: Uint8Array) {
  return readTlvs(packet.subarray(44)).map(({ type, at, truncated }) => ({ type, at, truncated }))
}

/** An answer is as long as its request, says what came, and is not answered again. */
function stampRequest(input: Uint8Array): void {
  const result = readTestPacket(input)
  if (!result.ok) return
  const reflection = {
    receivedAt: NOW,
    ttl: 61,
    header: { ...header, counts: null },
    errorEstimate,
  }
  const answer = result.value.answer(reflection, NOW + 1_000n)
  strictEqual(answer.length, input.length)
  const read = decodeReflectorPacket(answer)
  if (!read.ok) throw read.error
  const { sessionId, ...sender } = result.value.packet
  deepStrictEqual(read.value.sender, sender)
  strictEqual(read.value.sessionId, sessionId)
  strictEqual(readTestPacket(answer).ok, false)
  deepStrictEqual(shape(answer), shape(input))
}

const KEY = new Uint8Array(16).fill(1)

/** In the authenticated mode nothing but what has the right HMAC is answered. */
function stampAuthenticated(input: Uint8Array): void {
  const result = readTestPacket(input, KEY)
  if (!result.ok) return
  const reflection = {
    receivedAt: NOW,
    ttl: null,
    header: { ...header, counts: { received: 2, sent: 1 } },
    errorEstimate,
  }
  const answer = result.value.answer(reflection, NOW)
  strictEqual(answer.length, input.length)
  strictEqual(decodeReflectorPacket(answer, KEY).ok, true)
}

export const targets: readonly FuzzTarget[] = [
  { name: 'stamp-request', seeds: [request()], maximumBytes: 2048, run: stampRequest },
  {
    name: 'stamp-authenticated',
    seeds: [request(KEY)],
    maximumBytes: 2048,
    run: stampAuthenticated,
  },
]
