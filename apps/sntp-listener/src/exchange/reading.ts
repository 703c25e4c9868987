import { formatMicros } from '@sockyard/probe/report'
import { exchangeDelay, exchangeOffset, log2ToNanos, type NtpPacket } from '@sockyard/protocol/ntp'

/** An offset and how far it may be wrong, either way; nanoseconds. */
export interface Measurement {
  readonly offsetNanos: bigint
  readonly uncertaintyNanos: bigint
}

/** What one exchange shows of a server's clock; all in nanoseconds. */
export interface Reading {
  /** The server's clock minus ours. */
  readonly offsetNanos: bigint
  /** Uncertainty of the offset, either way: the way there may have taken all of the delay, or none. */
  readonly uncertaintyNanos: bigint
  /** The round trip without the server's own time. */
  readonly delayNanos: bigint
  readonly packet: NtpPacket
}

/**
 * Reads a reply.
 *
 * @param sentAt when the request was sent, in nanoseconds since 1970; the reply does not hold it, since the
 *   request did not
 * @param receivedAt when the reply came
 * @returns null when it holds no time
 */
export function readReply(packet: NtpPacket, sentAt: bigint, receivedAt: bigint): Reading | null {
  const { receiveAt, transmitAt } = packet
  if (receiveAt === null || transmitAt === null) return null
  const exchange = { originAt: sentAt, receiveAt, transmitAt, destinationAt: receivedAt }
  const measured = exchangeDelay(exchange)
  // A server that stamps its replies too late makes it negative, and the offset as wrong.
  const size = measured < 0n ? -measured : measured
  return {
    offsetNanos: exchangeOffset(exchange),
    uncertaintyNanos: size / 2n + precisionOf(packet),
    delayNanos: measured < 0n ? 0n : measured,
    packet,
  }
}

/** The grain of the sender's clock; a nonsensical one counts as a second. */
export function precisionOf({ precision }: NtpPacket): bigint {
  return log2ToNanos(Math.min(precision, 0))
}

/** What a packet and its measurement say, as the result objects have it. */
interface ClockReading {
  offsetMicros: number | null
  uncertaintyMicros: number | null
  stratum: number | null
  reference: string | null
  leap: number | null
}

/** Where nothing is known. */
export const noReading: ClockReading = {
  offsetMicros: null,
  uncertaintyMicros: null,
  stratum: null,
  reference: null,
  leap: null,
}

const LEAPS = ['', 'a second is inserted', 'a second is removed', 'unsynchronised']

/** @param measurement null when the packet's time was not looked at */
export function clockReading(packet: NtpPacket, measurement: Measurement | null): ClockReading {
  return {
    offsetMicros: measurement && micros(measurement.offsetNanos),
    uncertaintyMicros: measurement && micros(measurement.uncertaintyNanos),
    stratum: packet.stratum,
    reference: packet.referenceId.text,
    leap: packet.leap,
  }
}

/** `offset +12 µs ± 60 µs from 192.0.2.7 stratum 10 reference 127.127.1.1` */
export function describeClock(
  packet: NtpPacket,
  measured: Measurement | null,
  from: string,
): string {
  const { stratum, referenceId, leap } = packet
  const clock = `stratum ${stratum} reference ${referenceId.text}`
  const words = [
    measured === null
      ? `${from}: offset pending, measuring delay; ${clock}`
      : `${describeOffset(measured)} from ${from} ${clock}`,
  ]
  if (leap !== 0) words.push(`leap ${LEAPS[leap]}`)
  return words.join(' ')
}

function describeOffset({ offsetNanos, uncertaintyNanos }: Measurement): string {
  return `offset ${signedMicros(micros(offsetNanos))} ± ${formatMicros(micros(uncertaintyNanos))}`
}

/** `+12 µs`, `-340 ns` */
export function signedMicros(value: number): string {
  return `${value < 0 ? '' : '+'}${formatMicros(value)}`
}

/** To the nanosecond. */
export function micros(nanos: bigint): number {
  return Number(nanos) / 1_000
}
