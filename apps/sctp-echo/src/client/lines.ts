import { addAbortSignal, type Readable } from 'node:stream'

import { LineDecoder, safeText } from '@sockyard/protocol/chat'

/** A line as the classic client reads it: `[3]hello` goes out on stream 3; without a number, on stream 0. */
export interface StreamLine {
  stream: number
  text: string
}

const NUMBERED = /^\[(\d{1,5})\](.*)$/s

export function parseStreamLine(line: string): StreamLine {
  const [, digits, text] = NUMBERED.exec(line) ?? []
  return digits === undefined || text === undefined
    ? { stream: 0, text: line }
    : { stream: Number(digits), text }
}

/** One line for every stream, told apart by its end: `hello.msg.3` on stream 3. */
export function toEveryStream(line: string, streams: number): StreamLine[] {
  return Array.from({ length: streams }, (_, stream) => ({ stream, text: `${line}.msg.${stream}` }))
}

const NUL = 0

/** A message of at least `sizeBytes`: NULs follow a shorter text. */
export function toMessage(text: string, sizeBytes = 0): Uint8Array {
  const bytes = Buffer.from(text)
  if (bytes.length >= sizeBytes) return bytes
  return Buffer.concat([bytes], sizeBytes)
}

/** What a person may see of a message: without the NULs at its end, and safe for a terminal. */
export function messageText(data: Uint8Array): string {
  const last = data.findLastIndex((byte) => byte !== NUL)
  return safeText(Buffer.from(data.subarray(0, last + 1)).toString('utf8'))
}

/** A longer line is cut. */
export const MAXIMUM_LINE_BYTES = 64 * 1024

export interface LineReaderOptions {
  stdin: Readable
  signal: AbortSignal
  onLine: (line: string) => Promise<void>
  onCut: () => void
}

/** Reads lines one after the other, no faster than they are taken, until the input ends or `signal` aborts. */
export async function readLines({
  stdin,
  signal,
  onLine,
  onCut,
}: LineReaderOptions): Promise<void> {
  const decoder = new LineDecoder({ maximumBytes: MAXIMUM_LINE_BYTES })
  const take = async (lines: ReturnType<LineDecoder['push']>): Promise<void> => {
    for (const { text, truncated } of lines) {
      if (truncated) onCut()
      await onLine(text)
    }
  }
  try {
    for await (const chunk of addAbortSignal(signal, stdin)) await take(decoder.push(chunk))
    await take(decoder.end())
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
