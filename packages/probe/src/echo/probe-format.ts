import {
  decodeEchoProbe,
  ECHO_HEADER_BYTES,
  encodeEchoProbe,
  fillPattern,
  firstMismatch,
  verifyPadding,
} from '@sockyard/protocol/echo'

import type { ProbeSizes } from './probe-sizes.ts'

/** What a datagram that came back is, by its bytes alone. */
export type Reply =
  /** The probe with this number, every byte of it. */
  | { kind: 'numbered'; sequence: number }
  /** A probe without any bytes: it answers the oldest that waits. */
  | { kind: 'empty' }
  /** Other bytes than were sent; its number where it can still be read. */
  | { kind: 'malformed'; sequence: number | undefined }
  /** A probe of another run, which had our port before us. */
  | { kind: 'foreign' }

const MALFORMED: Reply = { kind: 'malformed', sequence: undefined }

/**
 * The probes of one run. From {@link ECHO_HEADER_BYTES} on they are echo probes with a header; smaller ones
 * begin with as much of their number as fits (1 to 4 B, the lowest first), and those of 0 B count by order.
 */
export class ProbeFormat {
  readonly #session: number
  readonly #sizes: ProbeSizes

  /**
   * @param session u32, picked at random by each run
   * @param sizes 0 to 65,507; when they differ, no probe is smaller than a header, by which it is known
   */
  constructor(session: number, sizes: ProbeSizes) {
    this.#session = session
    this.#sizes = sizes
  }

  /** @param sentAt nanoseconds since 1970 */
  encode(sequence: number, sentAt: bigint): Uint8Array {
    const size = this.#sizes.of(sequence)
    if (size >= ECHO_HEADER_BYTES)
      return encodeEchoProbe({ session: this.#session, sequence, sentAt }, size)
    const bytes = new Uint8Array(size)
    fillPattern(writeLowBytes(bytes, sequence), this.#session + sequence)
    return bytes
  }

  /** @param newest the number of the last probe sent, near which a number cut short must be */
  decode(bytes: Uint8Array, newest: number): Reply {
    const size = this.#sizes.of(newest)
    if (size >= ECHO_HEADER_BYTES) return this.#decodeProbe(bytes)
    if (bytes.length !== size) return MALFORMED
    if (bytes.length === 0) return { kind: 'empty' }
    const { sequence, rest } = readLowBytes(bytes, newest)
    const isRight = firstMismatch(rest, this.#session + sequence) === undefined
    return isRight ? { kind: 'numbered', sequence } : MALFORMED
  }

  #decodeProbe(bytes: Uint8Array): Reply {
    const probe = decodeEchoProbe(bytes)
    if (!probe.ok) return MALFORMED
    const { session, sequence } = probe.value
    if (session !== this.#session) return { kind: 'foreign' }
    const isRight = bytes.length === this.#sizes.of(sequence) && verifyPadding(bytes, probe.value)
    return { kind: isRight ? 'numbered' : 'malformed', sequence }
  }
}

/** A u32 has no more. */
const LONGEST_BYTES = 4

/**
 * Writes the lowest bytes of a number, the lowest first, as many as there is room for.
 *
 * @param sequence u32
 * @returns what of `bytes` is left behind them
 */
function writeLowBytes(bytes: Uint8Array, sequence: number): Uint8Array {
  const length = Math.min(bytes.length, LONGEST_BYTES)
  for (let index = 0; index < length; index += 1) bytes[index] = sequence >>> (8 * index)
  return bytes.subarray(length)
}

/**
 * Reads a number that was cut short: of all that end in these bytes, the last one up to `newest`.
 *
 * @param newest u32
 */
function readLowBytes(bytes: Uint8Array, newest: number): { sequence: number; rest: Uint8Array } {
  const length = Math.min(bytes.length, LONGEST_BYTES)
  let low = 0
  for (let index = length - 1; index >= 0; index -= 1) low = low * 256 + (bytes[index] ?? 0)
  const period = 256 ** length
  const behind = (((newest - low) % period) + period) % period
  return { sequence: (newest - behind) >>> 0, rest: bytes.subarray(length) }
}
