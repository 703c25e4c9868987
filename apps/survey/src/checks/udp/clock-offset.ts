import type { ReflectorPacket } from '@sockyard/protocol/stamp'

/** By how much a clock is ahead of ours. */
export interface ClockOffset {
  offsetMicros: number
  /** Half the round trip without the reflector's own time: the offset lies that far off at most, whatever the path. */
  uncertaintyMicros: number
}

/** NTP timestamps count 2^-32 s. */
const UNITS_PER_MICRO = 2 ** 32 / 1e6

/**
 * The offset of the reflector's clock by the exchange with the shortest round trip, which is the surest (RFC 5905,
 * section 10).
 */
export class ShortestExchange {
  /** Null without an exchange in NTP's format. */
  offset: ClockOffset | null = null

  /** @param arrivedAt when the answer came, as an NTP timestamp of 64 bits by our clock */
  take({ sender, receiveTimestamp, timestamp, errorEstimate }: ReflectorPacket, arrivedAt: bigint) {
    if (errorEstimate.ptp) return
    const there = microsBetween(sender.timestamp, receiveTimestamp)
    const back = microsBetween(arrivedAt, timestamp)
    const uncertaintyMicros = Math.max(0, (there - back) / 2)
    if (this.offset !== null && this.offset.uncertaintyMicros <= uncertaintyMicros) return
    this.offset = { offsetMicros: (there + back) / 2, uncertaintyMicros }
  }
}

/** As a difference modulo 2^64, so that eras do not matter (RFC 5905, section 6). */
function microsBetween(from: bigint, to: bigint): number {
  return Number(BigInt.asIntN(64, to - from)) / UNITS_PER_MICRO
}
