import { LITTLE } from './datagram-record.ts'
import { addressOf } from './native-memory.ts'

/** Offsets in a struct msghdr (recvmsg(2)): the same on x64 and arm64, where a pointer and a size_t are 8 bytes. */
const MSGHDR = { vectors: 16, vectorCount: 24, control: 32, controlLength: 40, flags: 48 } as const
const MSGHDR_BYTES = 56
const IOVEC_BYTES = 16

/** The struct msghdr of one message on a connected socket, its one iovec, and room for control messages. */
export class MessageHeader {
  readonly memory: DataView
  /** Where the control messages begin in `memory`. */
  readonly controlStart = MSGHDR_BYTES + IOVEC_BYTES
  readonly #payload: Uint8Array

  /** @param payload what is sent, or where what comes is written; held as long as this is */
  constructor(payload: Uint8Array, controlBytes: number) {
    this.#payload = payload
    this.memory = new DataView(new ArrayBuffer(this.controlStart + controlBytes))
    const base = addressOf(this.memory)
    this.memory.setBigUint64(MSGHDR.vectors, base + BigInt(MSGHDR_BYTES), LITTLE)
    this.memory.setUint32(MSGHDR.vectorCount, 1, LITTLE)
    this.memory.setBigUint64(MSGHDR.control, base + BigInt(this.controlStart), LITTLE)
    this.memory.setUint32(MSGHDR.controlLength, controlBytes, LITTLE)
    this.memory.setBigUint64(MSGHDR_BYTES, addressOf(payload), LITTLE)
    this.memory.setUint32(MSGHDR_BYTES + 8, payload.byteLength, LITTLE)
  }

  /** What the pointers point to. */
  get held(): readonly [DataView, Uint8Array] {
    return [this.memory, this.#payload]
  }

  /** Where what the kernel wrote of control messages ends in `memory`. */
  get controlEnd(): number {
    return this.controlStart + this.memory.getUint32(MSGHDR.controlLength, LITTLE)
  }
}
