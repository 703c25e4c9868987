import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

import type { ResolvedAddress } from '@sockyard/net/address'
import { now } from '@sockyard/net/clock'
import { setPathOptions } from '@sockyard/net/connect'
import { toNtpTimestamp } from '@sockyard/protocol/ntp'
import { basePacketBytes, readTlvs, STAMP_TLV } from '@sockyard/protocol/stamp'

import { type Pace, USUAL_PACE } from '../../run/check.ts'
import { type ClockOffset, ShortestExchange } from './clock-offset.ts'
import { readAnswer, testPacket } from './test-packet.ts'

/** What came of sending test packets to a Session-Reflector. */
export interface StampFacts {
  address: string
  port: number
  sent: number
  /** Answered, without duplicates. */
  received: number
  duplicated: number
  /** Packets that the reflector had not got when it sent the last answer; null for a stateless one. */
  lostThere: number | null
  sentDscp: number
  sentEcn: number
  /** As the last answered packet arrived at the reflector; null where it does not tell. */
  arrivedDscp: number | null
  arrivedEcn: number | null
  sentTtl: number
  arrivedTtl: number | null
  /** By how much its clock is ahead of ours. */
  clock: ClockOffset | null
  waitMillis: number
}

const POLL_MILLIS = 10
/** After so many ICMP errors, and no answer, none is to be expected. */
const REFUSALS = 3
/** Expedited forwarding (RFC 3246): a value that networks rewrite when they rewrite any. */
const DSCP = 46
/** ECT(0) (RFC 3168). */
const ECN = 2
const TTL = 64
const UNKNOWN_TTL = 255
const TLVS = [
  { type: STAMP_TLV.classOfService, value: new Uint8Array(4) },
  { type: STAMP_TLV.directMeasurement, value: new Uint8Array(12) },
]

/** Sends test packets at a steady rate, and waits for the last answers. Rejects only when it is aborted. */
export async function stampFacts(
  { address, port, family }: ResolvedAddress,
  waitMillis: number,
  signal: AbortSignal,
  pace: Pace = USUAL_PACE,
): Promise<StampFacts> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  const answers = new Answers(randomInt(1, 0x1_0000), pace.count)
  let refused = 0
  const isRefused = (): boolean => refused >= REFUSALS && answers.received === 0
  // An ICMP error is no answer; what is not answered is counted.
  socket.on('error', () => refused++)
  socket.on('message', (bytes) => answers.take(bytes, toNtpTimestamp(now())))
  try {
    socket.connect(port, address)
    await once(socket, 'connect', { signal })
    setPathOptions(socket, family, { dscp: DSCP, ecn: 'ect0', ttl: TTL })
    for (let sequence = 0; sequence < pace.count && !isRefused(); sequence += 1) {
      // What cannot be sent is not answered either.
      socket.send(testPacket(sequence, answers.sessionId, TLVS), () => {})
      await delay(pace.intervalMillis, undefined, { signal })
    }
    const until = performance.now() + waitMillis
    while (answers.received < pace.count && performance.now() < until && !isRefused())
      await delay(POLL_MILLIS, undefined, { signal })
  } finally {
    socket.close()
  }
  const asked = { address, port, sent: pace.count, sentDscp: DSCP, sentEcn: ECN, sentTtl: TTL }
  return { ...asked, ...answers.facts(), waitMillis }
}

/** The answers of one session. */
class Answers {
  readonly sessionId: number
  readonly #sent: number
  readonly #seen = new Set<number>()
  readonly #shortest = new ShortestExchange()
  #duplicated = 0
  #lostThere: number | null = null
  #trafficClass: number | null = null
  #ttl: number | null = null

  constructor(sessionId: number, sent: number) {
    this.sessionId = sessionId
    this.#sent = sent
  }

  get received(): number {
    return this.#seen.size
  }

  /** @param arrivedAt an NTP timestamp */
  take(bytes: Uint8Array, arrivedAt: bigint): void {
    const answer = readAnswer(bytes, this.sessionId)
    if (answer === undefined) return
    const { sender, senderTtl } = answer
    if (sender.sequence >= this.#sent) return
    if (this.#seen.has(sender.sequence)) this.#duplicated += 1
    else this.#shortest.take(answer, arrivedAt)
    this.#seen.add(sender.sequence)
    this.#ttl = senderTtl === UNKNOWN_TTL ? null : senderTtl
    for (const { type, flags, value } of readTlvs(bytes.subarray(basePacketBytes(undefined))))
      if (flags === 0) this.#read(type, Buffer.from(value), sender.sequence)
  }

  facts() {
    const trafficClass = this.#trafficClass
    return {
      received: this.received,
      duplicated: this.#duplicated,
      lostThere: this.#lostThere,
      arrivedDscp: trafficClass === null ? null : trafficClass >>> 2,
      arrivedEcn: trafficClass === null ? null : trafficClass & 3,
      arrivedTtl: this.#ttl,
      clock: this.#shortest.offset,
    }
  }

  #read(type: number, value: Buffer, sequence: number): void {
    if (type === STAMP_TLV.classOfService && value.length === 4)
      this.#trafficClass = (value.readUInt16BE(0) >>> 2) & 0xff
    if (type === STAMP_TLV.directMeasurement && value.length === 12)
      this.#lostThere = Math.max(0, sequence + 1 - value.readUInt32BE(4))
  }
}
