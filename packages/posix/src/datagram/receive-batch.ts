import { constants } from 'node:os'

import { integerFunction, lastErrno, SystemCallError } from '../ffi/libc.ts'
import { LITTLE } from '../ffi/native-memory.ts'
import type { NativeSocket } from '../socket/native-socket.ts'
import { AF_INET, AF_INET6 } from '../socket/socket-address.ts'
import { MSG } from '../socket/socket-calls.ts'
import {
  isMapped,
  readControlMessages,
  readIPv6Words,
  RECEIVED_CONTROL_BYTES,
} from './ancillary-data.ts'
import { MessageHeaders } from './message-headers.ts'
import { MAPPED, RECORD, RECORD_BYTES, ReceivedDatagrams } from './received-datagrams.ts'

const recvmmsg = integerFunction('int recvmmsg(int, uint8_t *, uint32_t, int, uint8_t *)')
/** recvmmsg(2): wait for one datagram, and take what else is there already. */
const MSG_WAITFORONE = 0x10000
const CACHE_LINE_BYTES = 64
const { EAGAIN, EINTR } = constants.errno

/** The size of a batch. */
export interface ReceiveBatchOptions {
  /** How many a call takes at most; 64 by default, 1,024 at most. */
  datagrams?: number
  /** Bytes that each has room for; 65,535 by default, which every datagram fits in. What is longer is truncated. */
  datagramBytes?: number
}

/** What a send batch needs of a receive batch to point at what was received. It does not leave this package. */
export interface BatchMemory {
  headers: MessageHeaders
  records: DataView
}

/** Reads the private memory of a batch, for SendBatch alone. */
export let memoryOf: (batch: ReceiveBatch) => BatchMemory

/**
 * Memory into which many datagrams are received with one call (recvmmsg(2)), and what is known of each. What is
 * never written to costs no memory, however large `datagramBytes` is.
 *
 * Another thread reads the same memory as `new ReceivedDatagrams(batch.shared)`; no pointer is in it.
 */
export class ReceiveBatch extends ReceivedDatagrams implements Disposable {
  readonly #records: DataView
  readonly #headers: MessageHeaders
  /** How many headers the last call may have changed. */
  #used = 0

  static {
    memoryOf = (batch) => ({ headers: batch.#headers, records: batch.#records })
  }

  /**
   * @throws {RangeError} for a size that cannot be
   * @throws {NativeCallsMissingError} where koffi is absent
   */
  constructor({ datagrams = 64, datagramBytes = 65_535 }: ReceiveBatchOptions = {}) {
    check(datagrams, 1_024, 'datagrams')
    check(datagramBytes, 65_535, 'bytes of a datagram')
    const strideBytes = strideFor(datagramBytes)
    // Shared memory cannot be detached: no view of it that was handed out can free it under the kernel.
    const records = new SharedArrayBuffer(datagrams * RECORD_BYTES)
    const payload = new SharedArrayBuffer(datagrams * strideBytes)
    super({ records, payload, strideBytes })
    this.#records = new DataView(records)
    this.#headers = new MessageHeaders(datagrams, RECEIVED_CONTROL_BYTES, new Uint8Array(payload))
    for (let index = 0; index < datagrams; index += 1)
      this.#headers.setVector(index, index * strideBytes, datagramBytes)
    this.#used = datagrams
  }

  /**
   * Takes what has come in, `datagrams` at most; what was in the batch before is overwritten.
   *
   * @param wait whether to wait for the first one, on a socket that is not non-blocking
   * @returns how many there are now. 0: none came in without waiting or before SO_RCVTIMEO was over, a signal
   *   interrupted the call, or the socket was shut down (see `wakeReceiver`)
   * @throws {SystemCallError} for any other errno, such as ECONNREFUSED of a connected socket
   * @throws {ClosedDescriptorError} when the socket is closed
   * @throws {ClosedBatchError} when this batch is
   */
  receive(socket: NativeSocket, wait = true): number {
    const headers = this.#headers
    for (let index = 0; index < this.#used; index += 1) headers.makeRoom(index)
    this.#used = 0
    const flags = wait ? MSG_WAITFORONE : MSG.DONTWAIT
    const received = recvmmsg(socket.descriptor, headers.memory, headers.count, flags, null)
    // The first header may have been changed by a call that failed.
    this.#used = Math.max(received, 1)
    this.count = received < 0 ? this.#none(socket) : this.#read(received)
    return this.count
  }

  /** Frees its memory; safe to call twice. */
  override close(): void {
    this.#headers.close()
    super.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #none(socket: NativeSocket): number {
    const errno = lastErrno()
    if (errno === EAGAIN || errno === EINTR) return 0
    throw new SystemCallError('recvmmsg', errno, [socket.descriptor])
  }

  #read(received: number): number {
    const memory = this.#headers.memory
    for (let index = 0; index < received; index += 1) this.#readOne(memory, index)
    return received === 1 && this.#isEnd() ? 0 : received
  }

  /** A socket that was shut down returns "datagrams" of 0 bytes without a source. */
  #isEnd(): boolean {
    return this.#headers.nameLength(0) === 0 && this.#headers.length(0) === 0
  }

  #readOne(memory: DataView, index: number): void {
    const headers = this.#headers
    const records = this.#records
    const at = index * RECORD_BYTES
    for (let word = RECORD.sourceFamily; word < RECORD_BYTES; word += 4)
      records.setInt32(at + word, 0)
    records.setInt32(at + RECORD.length, headers.length(index), LITTLE)
    records.setInt32(at + RECORD.flags, headers.flags(index), LITTLE)
    records.setInt32(at + RECORD.hopLimit, -1, LITTLE)
    records.setInt32(at + RECORD.trafficClass, -1, LITTLE)
    if (headers.nameLength(index) >= 16) readSource(memory, headers.nameStart(index), records, at)
    const control = headers.controlStart(index)
    const end = control + headers.controlLength(index)
    readControlMessages(memory, control, end, records, at)
  }
}

/** A struct sockaddr_in or sockaddr_in6 into a record. */
function readSource(memory: DataView, name: number, record: DataView, at: number): void {
  const family = memory.getUint16(name, LITTLE)
  record.setInt32(at + RECORD.sourcePort, memory.getUint16(name + 2), LITTLE)
  if (family === AF_INET) {
    record.setInt32(at + RECORD.sourceFamily, 4, LITTLE)
    record.setInt32(at + RECORD.source + 8, MAPPED, LITTLE)
    record.setInt32(at + RECORD.source + 12, memory.getInt32(name + 4), LITTLE)
  } else if (family === AF_INET6) {
    readIPv6Words(memory, name + 8, record, at + RECORD.source)
    const ipv4 = isMapped(record, at + RECORD.source)
    record.setInt32(at + RECORD.sourceFamily, ipv4 ? 4 : 6, LITTLE)
    record.setInt32(at + RECORD.sourceScope, memory.getInt32(name + 24, LITTLE), LITTLE)
  }
}

/** A cache line more than they need: at a power of two all datagrams would compete for the same few lines. */
function strideFor(datagramBytes: number): number {
  return (Math.ceil(datagramBytes / CACHE_LINE_BYTES) + 1) * CACHE_LINE_BYTES
}

function check(value: number, most: number, what: string): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  throw new RangeError(`${value} ${what}: must be a whole number, 1 to ${most}`)
}

/**
 * Wakes every thread that blocks in `ReceiveBatch.receive` on this socket, for good: from now on `receive` returns
 * what is queued, and then 0 without waiting. Nothing that was received is lost; sending goes on. (shutdown(2) fails
 * with ENOTCONN for a UDP socket without a peer, and takes effect nevertheless; unlike SO_RCVTIMEO this needs no
 * timer, and no second descriptor to wait on.)
 *
 * @throws {ClosedDescriptorError} when the socket is closed
 */
export function wakeReceiver(socket: NativeSocket): void {
  try {
    socket.shutdown('reading')
  } catch (error) {
    if (!(error instanceof SystemCallError && error.code === 'ENOTCONN')) throw error
  }
}
