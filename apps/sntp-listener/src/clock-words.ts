import { formatMicros } from '@sockyard/probe/format'
import type { NtpPacket } from '@sockyard/protocol/ntp'

import type { Measurement } from './offset-estimate.ts'

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
  const words = [
    measured === null ? 'offset not known yet' : describeOffset(measured),
    `from ${from} stratum ${stratum} reference ${referenceId.text}`,
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
