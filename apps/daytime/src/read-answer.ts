import { decodeTime, parseDaytime } from '@sockyard/protocol/daytime'
import type { Parsed } from '@sockyard/protocol/parsed'

import type { ServiceName } from './time-service.ts'

/** What a server said. */
export interface Said {
  /** For a person: its line, or the moment in ISO 8601. */
  text: string
  /** The whole second that it means, nanoseconds since 1970; null when that is not known. */
  nanos: bigint | null
}

/** @param now the local clock, nanoseconds since 1970: it says which era of 136 years is meant (RFC 868) */
export function readAnswer(service: ServiceName, bytes: Uint8Array, now: bigint): Parsed<Said> {
  if (service === 'daytime') return parseDaytime(bytes)
  const decoded = decodeTime(bytes, now)
  if (!decoded.ok) return decoded
  return { ok: true, value: { text: isoOf(decoded.value), nanos: decoded.value } }
}

function isoOf(nanos: bigint): string {
  return Temporal.Instant.fromEpochNanoseconds(nanos).toString()
}
