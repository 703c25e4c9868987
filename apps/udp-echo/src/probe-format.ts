import {
  decodeEchoProbe,
  ECHO_HEADER_BYTES,
  encodeEchoProbe,
  fillPattern,
  firstMismatch,
  verifyPadding,
} from '@sockyard/protocol/echo'

/** What a datagram that came back is, by its bytes alone. */
export type Reply =
  /** The probe with this number, every byte of it. */
  | { kind: 'numbered'; sequence: number }
  /** A whole probe too small to hold its number: it answers the oldest that waits. */
  | { kind: 'plain' }
  /** Other bytes than were sent; its number where it can still be read. */
  | { kind: 'malformed'; sequence: number | undefined }
  /** A probe of another run, which had our port before us. */
  | { kind: 'foreign' }

/**
 * The probes of one run. From {@link ECHO_HEADER_BYTES} on they hold their number and are told apart by it;
 * smaller ones are all alike and count by order.
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
    fillPattern(bytes, this.#session)
    return bytes
  }

  decode(bytes: Uint8Array): Reply {
    if (this.#size >= ECHO_HEADER_BYTES) return this.#numbered(bytes)
    const isRight = bytes.length === this.#size && firstMismatch(bytes, this.#session) === undefined
    return isRight ? { kind: 'plain' } : { kind: 'malformed', sequence: undefined }
  }

  #numbered(bytes: Uint8Array): Reply {
    const probe = decodeEchoProbe(bytes)
    if (!probe.ok) return { kind: 'malformed', sequence: undefined }
    const { session, sequence } = probe.value
    if (session !== this.#session) return { kind: 'foreign' }
    const isRight = bytes.length === this.#size && verifyPadding(bytes)
    return { kind: isRight ? 'numbered' : 'malformed', sequence }
  }
}
