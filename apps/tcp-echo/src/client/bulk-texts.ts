import { formatBitRate, formatDuration, type Texts } from '@sockyard/probe/report'
import type { tcpBulkEvent } from '@sockyard/protocol/results'
import type { z } from 'zod'

type Event = z.output<typeof tcpBulkEvent>
type Data<Name extends Event['event']> = Extract<Event, { event: Name }>['data']

/** What a person reads of `ping --bulk`. */
export const bulkTexts: Texts<Data<'start'>, Data<'sample'>, Data<'interval'>, Data<'end'>> = {
  start: ({ host, address, port, direction, connections, sizeBytes, deadlineMillis }) => {
    const name = host === address ? '' : `${host} `
    const on = connections > 1 ? ` on ${connections} connections` : ''
    const way = direction === 'both' ? [] : [direction]
    const size = sizeBytes === null ? [] : [megabytes(sizeBytes)]
    const time = deadlineMillis === null ? [] : [`for ${formatDuration(deadlineMillis)}`]
    return `bulk ${name}${address} port ${port} over tcp: ${[...way, ...size, ...time].join(' ')}${on}`
  },
  sample: ({ connection, sentBytes, receivedBytes, bytesPerSecond, firstWrongByte }) => {
    const isEcho = sentBytes > 0 && receivedBytes > 0
    const right = isEcho ? '  all bytes verified' : ''
    const verdict = firstWrongByte === null ? right : `  wrong from byte ${firstWrongByte} on`
    return `connection ${connection}  ${moved(sentBytes, receivedBytes, bytesPerSecond)}${verdict}`
  },
  interval: ({ durationMillis, sentBytes, receivedBytes, bytesPerSecond }) =>
    `${formatDuration(durationMillis).padStart(7)}  ${moved(sentBytes, receivedBytes, bytesPerSecond)}`,
  end: (data) => {
    const { durationMillis, sentBytes, receivedBytes, bytesPerSecond, error } = data
    return [
      `${moved(sentBytes, receivedBytes, bytesPerSecond)}  in ${formatDuration(durationMillis)}`,
      `lost ${data.lostBytes} B  wrong ${data.malformedBytes} B`,
      ...(error === undefined ? [] : [error.message]),
    ].join('\n')
  },
}

function moved(sent: number, received: number, bytesPerSecond: number): string {
  const rate = `${megabytes(bytesPerSecond)}/s  ${formatBitRate(bytesPerSecond)}`
  // One way only has one of them.
  const out = sent > 0 || received === 0 ? `sent ${megabytes(sent)}  ` : ''
  const back = received > 0 ? `received ${megabytes(received)}  ` : ''
  return `${out}${back}${rate}`
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes)} B` : `${(bytes / 1e6).toFixed(1)} MB`
}
