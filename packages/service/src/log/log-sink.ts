import { write } from 'node:fs'

/** What may wait for a slow reader of the log; lines beyond it are dropped and counted. */
const MAXIMUM_QUEUED_BYTES = 1024 * 1024
/** To a pipe that is full: a reader that takes 64 KiB every 20 ms gets each line of 2 MB a second. */
const FULL_PIPE_RETRY_MILLIS = 20
/** To a disk that is full. */
const FAILURE_RETRY_MILLIS = 1_000

/** Writes lines without ever making the event loop wait for their reader, and with bounded memory. */
export interface LogSink {
  /** A line is dropped when too much waits for the reader already. */
  write: (line: string) => void
  /** How many lines were dropped so far. */
  dropped: () => number
  /** Whether the last write failed, as on a full disk. */
  isFailing: () => boolean
  /** Calls back once, when nothing waits any more or nothing can be written. */
  whenWritten: (callback: () => void) => void
}

interface DescriptorSinkOptions {
  /** 1 or 2 */
  descriptor: number
  /** The reader has closed its end (EPIPE). */
  onClosed: () => void
  /** Writing has begun to fail, as on a full disk; it is tried again until it works. */
  onFailed: (error: Error) => void
  /** Everything that waited is written, but so many lines were dropped meanwhile. */
  onDropped: (lines: number) => void
}

/*
 * sonic-boom, which pino brings along, waits 100 ms after a full pipe where this waits 20: of 2 MB a second for a
 * reader that takes 64 KiB every 20 ms it dropped half of the lines, this none.
 */

/** Writes to a descriptor, whole lines one after the other: what failed half-way is continued where it broke off. */
export class DescriptorSink implements LogSink {
  readonly #options: DescriptorSinkOptions
  readonly #drops: DroppedLines
  #queued: Buffer[] = []
  #queuedBytes = 0
  #writing: Buffer | undefined
  #state: 'open' | 'failing' | 'closed' = 'open'
  #onWritten: (() => void) | undefined

  constructor(options: DescriptorSinkOptions) {
    this.#options = options
    this.#drops = new DroppedLines(options.onDropped)
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    const isFull = this.#queuedBytes + bytes.length > MAXIMUM_QUEUED_BYTES
    if (this.#state === 'closed' || isFull) return this.#drops.add()
    this.#queued.push(bytes)
    this.#queuedBytes += bytes.length
    if (this.#writing === undefined) this.#next()
  }

  dropped(): number {
    return this.#drops.total
  }

  isFailing(): boolean {
    return this.#state === 'failing'
  }

  whenWritten(callback: () => void): void {
    if (this.#writing === undefined || this.#state !== 'open') callback()
    else this.#onWritten = callback
  }

  #next(): void {
    if (this.#writing === undefined && this.#queued.length > 0) {
      this.#writing = Buffer.concat(this.#queued)
      this.#queued = []
      this.#queuedBytes = 0
    }
    if (this.#writing !== undefined)
      return write(this.#options.descriptor, this.#writing, (error, bytes) =>
        error === null ? this.#advance(bytes) : this.#retry(error),
      )
    this.#onWritten?.()
    this.#drops.report()
  }

  #advance(bytes: number): void {
    this.#state = 'open'
    const rest = this.#writing?.subarray(bytes)
    this.#writing = rest?.length ? rest : undefined
    this.#next()
  }

  #retry(error: NodeJS.ErrnoException): void {
    if (error.code === 'EAGAIN') return void setTimeout(() => this.#next(), FULL_PIPE_RETRY_MILLIS)
    const isFirst = this.#state === 'open'
    this.#state = error.code === 'EPIPE' ? 'closed' : 'failing'
    if (this.#state === 'closed') this.#options.onClosed()
    else {
      if (isFirst) this.#options.onFailed(error)
      setTimeout(() => this.#next(), FAILURE_RETRY_MILLIS).unref()
    }
    this.#onWritten?.()
  }
}

/** Counts lines that were dropped; once everything that waited is written, they are reported together. */
export class DroppedLines {
  total = 0
  #reported = 0
  readonly #onDropped: (lines: number) => void

  constructor(onDropped: (lines: number) => void) {
    this.#onDropped = onDropped
  }

  add(): void {
    this.total += 1
  }

  report(): void {
    const lines = this.total - this.#reported
    this.#reported = this.total
    if (lines > 0) this.#onDropped(lines)
  }
}
