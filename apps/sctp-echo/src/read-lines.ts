import { addAbortSignal, type Readable } from 'node:stream'

import { LineDecoder } from '@sockyard/protocol/chat'

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
