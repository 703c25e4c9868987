import {
  encodeMulticastDatagram,
  MULTICAST_FIELDS,
  MULTICAST_HEADER_BYTES,
} from '@sockyard/protocol/multicast'

const WORD = 2 ** 32

/** One datagram after the other in the same memory: only what differs is written. */
export class NumberedDatagram {
  readonly #bytes: Uint8Array
  readonly #view: DataView

  /** @param payloadBytes of each */
  constructor(sender: number, payloadBytes: number) {
    const payload = new Uint8Array(payloadBytes)
    this.#bytes = encodeMulticastDatagram({ sender, sequence: 0n, sentAt: 0n, payload })
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Its header counted. */
  get sizeBytes(): number {
    return this.#bytes.length
  }

  /** Nanoseconds since 1970, of all that are made from now on. */
  set sentAt(nanoseconds: bigint) {
    this.#view.setBigUint64(MULTICAST_FIELDS.sentAt, nanoseconds)
  }

  /** @returns the same memory each time */
  made(sequence: number, payload: Uint8Array): Uint8Array {
    this.#view.setUint32(MULTICAST_FIELDS.sequence, Math.floor(sequence / WORD))
    this.#view.setUint32(MULTICAST_FIELDS.sequence + 4, sequence % WORD)
    this.#bytes.set(payload, MULTICAST_HEADER_BYTES)
    return this.#bytes
  }
}
