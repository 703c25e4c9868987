import { write } from 'node:fs'

/** What may wait for a slow reader of the log; lines beyond it are dropped and counted. */
const MAXIMUM_QUEUED = 1024 * 1024
const RETRY_MILLIS = 20

/** Writes lines to a descriptor without ever making the event loop wait for whoever reads them. */
export interface LogSink {
  /** A line is dropped when too much waits for the reader already. */
  write: (line: string) => void
  /** Calls back once, when nothing waits any more. */
  whenWritten: (callback: () => void) => void
}

interface LogSinkOptions {
  /** 1 or 2 */
  descriptor: number
  /** Nobody reads any more (EPIPE). */
  onClosed: () => void
  /** The reader has caught up, but so many lines were dropped meanwhile. */
  onDropped: (lines: number) => void
}

export function createLogSink({ descriptor, onClosed, onDropped }: LogSinkOptions): LogSink {
  let queued: Buffer[] = []
  let queuedBytes = 0
  let dropped = 0
  let writing: Buffer | undefined
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
    if (error?.code === 'EAGAIN') {
      setTimeout(next, RETRY_MILLIS)
      return
    }
    const rest = error === null ? writing?.subarray(bytes) : undefined
    writing = rest?.length ? rest : undefined
    if (error?.code === 'EPIPE') onClosed()
    next()
  }

  function becomeIdle(): void {
    onWritten?.()
    if (dropped === 0) return
    const lines = dropped
    dropped = 0
    onDropped(lines)
  }

  return {
    write(line) {
      const bytes = Buffer.from(line)
      if (queuedBytes + bytes.length > MAXIMUM_QUEUED) {
        dropped += 1
        return
      }
      queued.push(bytes)
      queuedBytes += bytes.length
      if (writing === undefined) next()
    },
    whenWritten(callback) {
      if (writing === undefined) callback()
      else onWritten = callback
    },
  }
}
