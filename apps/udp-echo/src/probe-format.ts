import {
  decodeEchoProbe,
  ECHO_HEADER_BYTES,
  encodeEchoProbe,
  fillPattern,
  firstMismatch,
  verifyPadding,
} from '@sockyard/protocol/echo'

import { readLowBytes, writeLowBytes } from './short-number.ts'

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
  readonly #size: number

  /**
   * @param session u32, picked at random by each run
   * @param size bytes of each probe, 0 to 65,507
   */
  constructor(session: number, size: number) {
    this.#session = session
    this.#size = size
  }

  /** @param sentAt nanoseconds since 1970 */
  encode(sequence: number, sentAt: bigint): Uint8Array {
    if (this.#size >= ECHO_HEADER_BYTES)
      return encodeEchoProbe({ session: this.#session, sequence, sentAt }, this.#size)
    const bytes = new Uint8Array(this.#size)
    fillPattern(writeLowBytes(bytes, sequence), this.#session + sequence)
    return bytes
  }

  /** @param newest the number of the last probe sent, near which a number cut short must be */
  decode(bytes: Uint8Array, newest: number): Reply {
    if (this.#size >= ECHO_HEADER_BYTES) return this.#decodeProbe(bytes)
    if (bytes.length !== this.#size) return MALFORMED
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
    const isRight = bytes.length === this.#size && verifyPadding(bytes, probe.value)
    return { kind: isRight ? 'numbered' : 'malformed', sequence }
  }
}
