import { addAbortSignal, type Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

import { LineDecoder } from '@sockyard/protocol/chat'

interface LineSenderOptions {
  stdin: Readable
  /** A longer line is cut. */
  maximumBytes: number
  signal: AbortSignal
  send: (payload: Uint8Array) => void
  /** Whether datagrams wait to be sent: no more lines are read until there are none. */
  isWaiting: () => boolean
  onCut: () => void
}

/** How soon one looks again whether what waited was sent. */
const LOOK_EVERY_MILLIS = 1

/**
 * Sends each line as one datagram, as fast as the network takes them, until the input ends or `signal` aborts.
 * Lines are UTF-8 text.
 */
export async function sendLines(options: LineSenderOptions): Promise<void> {
  const { stdin, maximumBytes, signal } = options
  const decoder = new LineDecoder({ maximumBytes })
  try {
    for await (const chunk of addAbortSignal(signal, stdin)) await sendAll(decoder.push(chunk))
    await sendAll(decoder.end())
  } catch (error) {
    if (!signal.aborted) throw error
  }

  async function sendAll(lines: readonly { text: string; truncated: boolean }[]): Promise<void> {
    for (const { text, truncated } of lines) {
      if (truncated) options.onCut()
      options.send(Buffer.from(text))
      while (options.isWaiting() && !signal.aborted) await settled(options.isWaiting)
    }
  }
}

/** Most datagrams are gone within this turn of the event loop. */
async function settled(isWaiting: () => boolean): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  if (isWaiting()) await delay(LOOK_EVERY_MILLIS)
}
