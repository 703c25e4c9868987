import { write, writeSync } from 'node:fs'

/** What may wait for a slow reader of the log; lines beyond it are dropped and counted. */
const MAXIMUM_QUEUED = 1024 * 1024
const RETRY_MILLIS = 20

/** Writes lines to a descriptor without ever making the event loop wait for whoever reads them. */
export interface LogSink {
  /** @returns false when the line was dropped because the reader is too slow */
  write: (line: string) => boolean
  /** Writes what is left, as far as the reader takes it: for the last moment of a process. */
  flushSync: () => void
}

/**
 * @param descriptor 1 or 2
 * @param onClosed called when nobody reads any more (EPIPE)
 */
export function createLogSink(descriptor: number, onClosed: () => void): LogSink {
  let queued: Buffer[] = []
  let queuedBytes = 0
  let writing: Buffer | undefined

  function next(): void {
    if (writing === undefined && queued.length > 0) {
      writing = Buffer.concat(queued)
      queued = []
      queuedBytes = 0
    }
    if (writing !== undefined) write(descriptor, writing, written)
  }

  function written(error: NodeJS.ErrnoException | null, bytes: number): void {
    if (error?.code === 'EAGAIN') return void setTimeout(next, RETRY_MILLIS)
    const rest = error === null ? writing?.subarray(bytes) : undefined
    writing = rest?.length ? rest : undefined
    if (error?.code === 'EPIPE') onClosed()
    next()
  }

  return {
    write(line) {
      const bytes = Buffer.from(line)
      if (queuedBytes + bytes.length > MAXIMUM_QUEUED) return false
      queued.push(bytes)
      queuedBytes += bytes.length
      if (writing === undefined) next()
      return true
    },
    flushSync() {
      // What `writing` holds is with the system already; writing it again would repeat it.
      const rest = Buffer.concat(queued)
      queued = []
      try {
        writeSync(descriptor, rest)
      } catch {
        // Nobody reads, or too slowly; there is nobody left to tell.
      }
    },
  }
}
