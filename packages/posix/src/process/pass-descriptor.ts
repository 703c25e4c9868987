import { addressOf, LITTLE } from '../ffi/native-memory.ts'
import { Descriptor } from '../socket/descriptor.ts'
import type { NativeSocket } from '../socket/native-socket.ts'
import { MSG, receiveMessageCall, sendMessageCall } from '../socket/socket-calls.ts'

/** cmsg(3): length, level, type; then the numbers, 4 bytes each, up to a multiple of 8. */
const HEADER_BYTES = 16
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
/** unix(7): SCM_MAX_FD. Room for all that one message may bring, so that none comes unseen. */
const MAXIMUM_DESCRIPTORS = 253
/** Programs that the receiver starts do not get what it receives (recvmsg(2)). */
const MSG_CMSG_CLOEXEC = 0x40000000

/** A message that came over a Unix socket. */
export interface PassedMessage {
  /** Bytes in the memory; 0 at the end of the stream, when no descriptor came. */
  length: number
  /** Second descriptors of what the sender has open: the receiver closes them. */
  descriptors: readonly Descriptor[]
}

/**
 * Sends bytes and with them a descriptor (sendmsg(2), SCM_RIGHTS of unix(7)): the receiver gets a descriptor of its
 * own for the same open file. The sender keeps, and closes, its own; in between the kernel holds a third.
 *
 * @param over a Unix socket that is connected
 * @param descriptor the number of an open descriptor
 * @param bytes at least one: a stream carries no descriptor without
 * @returns how many bytes were taken; undefined where a non-blocking socket would have to wait
 * @throws {SystemCallError} EPIPE or ECONNRESET when the receiver is closed, EBADF, ETOOMANYREFS
 * @throws {RangeError} without a byte
 */
export function passDescriptor(
  over: NativeSocket,
  descriptor: number,
  bytes: Uint8Array,
): number | undefined {
  if (bytes.byteLength === 0) throw new RangeError('a descriptor is passed with one byte at least')
  const header = new MessageHeader(bytes, HEADER_BYTES + 8)
  const { memory, controlStart } = header
  memory.setUint32(controlStart, HEADER_BYTES + 4, LITTLE)
  memory.setInt32(controlStart + 8, SOL_SOCKET, LITTLE)
  memory.setInt32(controlStart + 12, SCM_RIGHTS, LITTLE)
  memory.setInt32(controlStart + HEADER_BYTES, descriptor, LITTLE)
  return sendMessageCall(over.descriptor, header.held[0], MSG.NOSIGNAL)
}

/**
 * Receives bytes, and the descriptors that came with them (recvmsg(2)).
 *
 * @param bytes where the bytes go
 * @returns undefined where a non-blocking socket would have to wait
 * @throws {SystemCallError} when the call fails
 */
export function receiveDescriptors(
  over: NativeSocket,
  bytes: Uint8Array,
): PassedMessage | undefined {
  const header = new MessageHeader(bytes, HEADER_BYTES + 4 * (MAXIMUM_DESCRIPTORS + 1))
  const length = receiveMessageCall(over.descriptor, header.held[0], MSG_CMSG_CLOEXEC)
  if (length === undefined) return undefined
  return { length, descriptors: [...descriptorsIn(header)] }
}

/** Every one gets an owner: a descriptor without one would never be closed. */
function* descriptorsIn({
  memory,
  controlStart,
  controlEnd,
}: MessageHeader): Generator<Descriptor> {
  for (let next = controlStart; next + HEADER_BYTES <= controlEnd;) {
    const length = memory.getUint32(next, LITTLE)
    if (length < HEADER_BYTES) return
    const isRights =
      memory.getInt32(next + 8, LITTLE) === SOL_SOCKET &&
      memory.getInt32(next + 12, LITTLE) === SCM_RIGHTS
    const end = isRights ? next + length : next
    for (let at = next + HEADER_BYTES; at + 4 <= end; at += 4)
      yield new Descriptor(memory.getInt32(at, LITTLE))
    next += (length + 7) & ~7
  }
}

/** Offsets in a struct msghdr (recvmsg(2)): the same on x64 and arm64, where a pointer and a size_t are 8 bytes. */
const MSGHDR = { vectors: 16, vectorCount: 24, control: 32, controlLength: 40, flags: 48 } as const
const MSGHDR_BYTES = 56
const IOVEC_BYTES = 16

/** The struct msghdr of one message on a connected socket, its one iovec, and room for control messages. */
class MessageHeader {
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
