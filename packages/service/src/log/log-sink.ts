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

interface LogSinkOptions {
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
export function createLogSink(options: LogSinkOptions): LogSink {
  const { descriptor, onClosed, onFailed, onDropped } = options
  let queued: Buffer[] = []
  let queuedBytes = 0
  let writing: Buffer | undefined
  let state: 'open' | 'failing' | 'closed' = 'open'
  let dropped = 0
  let reported = 0
  let onWritten: (() => void) | undefined

  function next(): void {
    if (writing === undefined && queued.length > 0) {
      writing = Buffer.concat(queued)
      queued = []
      queuedBytes = 0
    }
    if (writing === undefined) becomeIdle()
    else write(descriptor, writing, advance)
  }

  function advance(error: NodeJS.ErrnoException | null, bytes: number): void {
    if (error !== null) return retry(error)
    state = 'open'
    const rest = writing?.subarray(bytes)
    writing = rest?.length ? rest : undefined
    next()
  }

  function retry(error: NodeJS.ErrnoException): void {
    if (error.code === 'EAGAIN') return void setTimeout(next, FULL_PIPE_RETRY_MILLIS)
    const isFirst = state === 'open'
    state = error.code === 'EPIPE' ? 'closed' : 'failing'
    if (state === 'closed') onClosed()
    else {
      if (isFirst) onFailed(error)
      setTimeout(next, FAILURE_RETRY_MILLIS).unref()
    }
    onWritten?.()
  }

  function becomeIdle(): void {
    onWritten?.()
    const lines = dropped - reported
    reported = dropped
    if (lines > 0) onDropped(lines)
  }

  return {
    write(line) {
      const bytes = Buffer.from(line)
      if (state === 'closed' || queuedBytes + bytes.length > MAXIMUM_QUEUED_BYTES) {
        dropped += 1
        return
      }
      queued.push(bytes)
      queuedBytes += bytes.length
      if (writing === undefined) next()
    },
    dropped: () => dropped,
    isFailing: () => state === 'failing',
    whenWritten(callback) {
      if (writing === undefined || state !== 'open') callback()
      else onWritten = callback
    },
  }
}
