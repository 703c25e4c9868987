import { ownBytes } from '../wire/bytes.ts'
import type { DataChunk } from '../wire/chunk.ts'
import { tsnBefore, tsnPlus } from '../wire/serial-number.ts'
import { HELD_CHUNK_BYTES, HELD_MESSAGE_BYTES } from './received-data.ts'
import type { ReceiveAccount, TsnRange } from './received-data.ts'

/** A message that is whole: the fields of its first fragment, with all data. */
interface Reassembled extends Pick<
  DataChunk,
  'tsn' | 'stream' | 'sequence' | 'protocolId' | 'unordered' | 'data'
> {
  lastTsn: number
}

/** What became of a fragment: kept for others to come, the message that it completes, or a reason to abort. */
export type ReassemblyResult =
  | { kind: 'waiting' }
  | { kind: 'whole'; message: Reassembled }
  | { kind: 'too-long' }
  | { kind: 'violation'; reason: string }

interface Fragment {
  data: Uint8Array
  next: Fragment | undefined
}

/** Fragments of one message whose TSNs follow each other, as a linked list: joining two runs is one step. */
interface Run extends TsnRange {
  chunk: DataChunk
  beginning: boolean
  ending: boolean
  bytes: number
  count: number
  head: Fragment
  tail: Fragment
}

const WAITING: ReassemblyResult = { kind: 'waiting' }
const TOO_LONG: ReassemblyResult = { kind: 'too-long' }
const MIXED: ReassemblyResult = {
  kind: 'violation',
  reason: 'fragments of different messages mixed',
}

/**
 * Puts fragments together: those of one message have consecutive TSNs (RFC 9260 section 6.9). Each costs
 * the same, in whatever order they come: it joins the runs on its two sides, which are found by their ends.
 */
export class Reassembly {
  readonly #byFirst = new Map<number, Run>()
  readonly #byLast = new Map<number, Run>()
  readonly #maximumMessageBytes: number
  readonly #account: ReceiveAccount

  constructor(maximumMessageBytes: number, account: ReceiveAccount) {
    this.#maximumMessageBytes = maximumMessageBytes
    this.#account = account
  }

  /** Takes a fragment whose TSN is new; its data are copied if they are a small part of a datagram. */
  add(chunk: DataChunk): ReassemblyResult {
    const before = this.#byLast.get(tsnPlus(chunk.tsn, -1))
    const after = this.#byFirst.get(tsnPlus(chunk.tsn, 1))
    if (before && before.ending !== chunk.beginning) return MIXED
    if (after && after.beginning !== chunk.ending) return MIXED
    const joinsBefore = before && !chunk.beginning ? before : undefined
    const joinsAfter = after && !chunk.ending ? after : undefined
    if (joinsBefore && !isSameMessage(joinsBefore.chunk, chunk)) return MIXED
    if (joinsAfter && !isSameMessage(joinsAfter.chunk, chunk)) return MIXED
    let run = this.#keep(runOf(chunk))
    if (joinsBefore) run = this.#join(joinsBefore, run)
    if (joinsAfter) run = this.#join(run, joinsAfter)
    if (run.bytes > this.#maximumMessageBytes) return TOO_LONG
    if (!run.beginning || !run.ending) return WAITING
    this.#remove(run)
    return { kind: 'whole', message: messageOf(run) }
  }

  #keep(run: Run): Run {
    this.#byFirst.set(run.first, run)
    this.#byLast.set(run.last, run)
    this.#account.add(costOf(run))
    return run
  }

  /** `later` follows `earlier`; what remains of both is the one that is returned. */
  #join(earlier: Run, later: Run): Run {
    this.#byLast.delete(earlier.last)
    this.#byFirst.delete(later.first)
    this.#account.add(-HELD_MESSAGE_BYTES)
    earlier.last = later.last
    earlier.ending = later.ending
    earlier.bytes += later.bytes
    earlier.count += later.count
    earlier.tail.next = later.head
    earlier.tail = later.tail
    this.#byLast.set(earlier.last, earlier)
    return earlier
  }

  #remove(run: Run): void {
    this.#byFirst.delete(run.first)
    this.#byLast.delete(run.last)
    this.#account.add(-costOf(run))
  }

  /** The run with the highest TSNs, if it is beyond `tsn`. */
  highestAfter(tsn: number): TsnRange | undefined {
    let highest: Run | undefined
    for (const run of this.#byFirst.values())
      if (tsnBefore(highest?.last ?? tsn, run.first)) highest = run
    return highest
  }

  /** Gives up the run that begins with this TSN. */
  drop(first: number): void {
    const run = this.#byFirst.get(first)
    if (run) this.#remove(run)
  }
}

/** The data of one fragment: its own copy where the datagram around it would be held too. */
function runOf(chunk: DataChunk): Run {
  const fragment: Fragment = { data: ownBytes(chunk.data), next: undefined }
  return {
    first: chunk.tsn,
    last: chunk.tsn,
    chunk: { ...chunk, data: NOTHING },
    beginning: chunk.beginning,
    ending: chunk.ending,
    bytes: chunk.data.length,
    count: 1,
    head: fragment,
    tail: fragment,
  }
}

const NOTHING = new Uint8Array(0)

const costOf = ({ bytes, count }: Run): number =>
  bytes + count * HELD_CHUNK_BYTES + HELD_MESSAGE_BYTES

function messageOf({ chunk, bytes, head, last }: Run): Reassembled {
  const data = new Uint8Array(bytes)
  let at = 0
  for (let fragment: Fragment | undefined = head; fragment; fragment = fragment.next) {
    data.set(fragment.data, at)
    at += fragment.data.length
  }
  return { ...chunk, data, lastTsn: last }
}

/** The fragments of a message agree on its stream and number. */
const isSameMessage = (one: DataChunk, other: DataChunk): boolean =>
  one.stream === other.stream &&
  one.unordered === other.unordered &&
  (one.unordered || one.sequence === other.sequence)
