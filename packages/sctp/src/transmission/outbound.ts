import type { Path } from '../paths/path.ts'
import { setDataTsn } from '../wire/data-chunk.ts'
import { nextSequence, tsnPlus } from '../wire/serial-number.ts'
import { fragment, type OutgoingChunk, type OutgoingMessage } from './outgoing-chunk.ts'
import { Queue } from './queue.ts'

/** What each chunk costs beside its data, so that many tiny messages cannot outgrow the send buffer. */
const CHUNK_OVERHEAD_BYTES = 256

/** All data on its way to the peer: waiting, or sent and not yet acknowledged. */
export class Outbound {
  readonly waiting = new Queue<OutgoingChunk>()
  /** Sent, in TSN order without a hole: the first has the TSN after `cumulativeTsn`. */
  readonly outstanding = new Queue<OutgoingChunk>()
  /** Acknowledged fragments of the message that the first outstanding chunk belongs to. */
  beginning: OutgoingChunk[] = []
  /** The peer has acknowledged everything up to here (Cumulative TSN Ack Point). */
  cumulativeTsn: number
  nextTsn: number
  /** What the peer has room for beyond what is in flight (RFC 9260 section 6.2.1). */
  peerWindow: number
  /** Bytes waiting or outstanding, each chunk with its overhead. */
  bufferedBytes = 0
  /** Bytes of user data in flight on all paths. */
  flight = 0
  /** Chunks in `outstanding` that are marked lost. */
  lostCount = 0
  /** Chunks in `outstanding` that a gap block acknowledged. */
  gapAcknowledged = 0
  /** A fast retransmission is owed: one packet, whatever the congestion window (7.2.4). */
  fastRetransmitDue = false
  /** A chunk sent although the peer has no room for it, to learn when it has (6.1 A). */
  probe: OutgoingChunk | undefined
  readonly streams: number
  readonly #sequences = new Map<number, number>()

  constructor(initialTsn: number, streams: number, peerWindow: number) {
    this.cumulativeTsn = tsnPlus(initialTsn, -1)
    this.nextTsn = initialTsn
    this.streams = streams
    this.peerWindow = peerWindow
  }

  get empty(): boolean {
    return this.waiting.length === 0 && this.outstanding.length === 0
  }

  /** Takes a message, cut to `chunkBytes`, numbered in its stream (RFC 9260 section 6.5). */
  enqueue(message: OutgoingMessage, chunkBytes: number): void {
    const sequence = message.unordered ? 0 : this.#takeSequence(message.stream ?? 0)
    for (const chunk of fragment(message, sequence, chunkBytes)) {
      this.waiting.push(chunk)
      this.bufferedBytes += chunk.dataBytes + CHUNK_OVERHEAD_BYTES
    }
  }

  #takeSequence(stream: number): number {
    const sequence = this.#sequences.get(stream) ?? 0
    this.#sequences.set(stream, nextSequence(sequence))
    return sequence
  }

  /** Moves the first waiting chunk to the outstanding ones and gives it its TSN. */
  takeWaiting(): OutgoingChunk | undefined {
    const chunk = this.waiting.shift()
    if (!chunk) return undefined
    chunk.tsn = this.nextTsn
    this.nextTsn = tsnPlus(this.nextTsn, 1)
    setDataTsn(chunk.encoded, chunk.tsn)
    this.outstanding.push(chunk)
    if (this.peerWindow < chunk.dataBytes) this.probe = chunk
    this.peerWindow = Math.max(0, this.peerWindow - chunk.dataBytes)
    return chunk
  }

  /**
   * Removes the first outstanding chunk, up to which all is acknowledged. A fragment is kept aside
   * until the last one of its message goes: a message that fails is given back whole.
   */
  release(): OutgoingChunk | undefined {
    const chunk = this.outstanding.shift()
    if (!chunk) return undefined
    this.bufferedBytes -= chunk.dataBytes + CHUNK_OVERHEAD_BYTES
    if (chunk.fragmentsAfter > 0) this.beginning.push(chunk)
    else if (this.beginning.length > 0) this.beginning = []
    return chunk
  }

  /** The chunk goes out on `path` now. */
  sent(chunk: OutgoingChunk, path: Path, now: number): void {
    if (chunk.lost) {
      chunk.lost = false
      this.lostCount -= 1
    }
    chunk.transmissions += 1
    chunk.path = path
    chunk.sentAt = now
    path.flight += chunk.dataBytes
    this.flight += chunk.dataBytes
    if (chunk.transmissions > 1) forgetMeasurement(path, chunk)
    else path.measuredTsn ??= chunk.tsn
  }

  /** Marks a chunk for retransmission: it is no longer in flight, and will not be measured. */
  markLost(chunk: OutgoingChunk): void {
    if (chunk.lost || chunk.acknowledged) return
    this.#leaveFlight(chunk)
    chunk.lost = true
    chunk.missingReports = 0
    this.lostCount += 1
    if (chunk.path) forgetMeasurement(chunk.path, chunk)
  }

  /** The peer has the chunk. Without effect the second time. */
  acknowledge(chunk: OutgoingChunk, now: number): void {
    if (chunk.acknowledged) return
    chunk.acknowledged = true
    const { path } = chunk
    if (path) {
      path.newlyAcknowledged += chunk.dataBytes
      if (path.measuredTsn === chunk.tsn) measured(path, chunk, now)
    }
    if (chunk.lost) {
      chunk.lost = false
      this.lostCount -= 1
    } else this.#leaveFlight(chunk)
  }

  /**
   * The peer tells its window: if there is room now, a probe that it has not acknowledged was thrown
   * away for want of it, and is sent again at once instead of when its timer, long backed off, ends.
   */
  windowOpened(probe: OutgoingChunk, window: number): void {
    if (!probe.acknowledged && window < probe.dataBytes) return
    this.markLost(probe)
    this.probe = undefined
  }

  /** The peer acknowledged the chunk once and no longer does: it must be sent again (6.2.1). */
  reneged(chunk: OutgoingChunk): void {
    this.gapAcknowledged -= 1
    chunk.acknowledged = false
    chunk.lost = true
    this.lostCount += 1
  }

  #leaveFlight(chunk: OutgoingChunk): void {
    this.flight -= chunk.dataBytes
    if (chunk.path) chunk.path.flight -= chunk.dataBytes
  }
}

function measured(path: Path, chunk: OutgoingChunk, now: number): void {
  path.measuredTsn = undefined
  path.rto.measured(now - chunk.sentAt)
}

/** Karn's rule (RFC 9260 section 6.3.1 C5): which transmission was acknowledged is unknown. */
function forgetMeasurement(path: Path, chunk: OutgoingChunk): void {
  if (path.measuredTsn === chunk.tsn) path.measuredTsn = undefined
}
