import { formatBitRate, formatDuration } from '@sockyard/probe/format'
import type { Texts } from '@sockyard/probe/reporter'
import type { tcpBulkEvent } from '@sockyard/protocol/results'
import type { z } from 'zod'

type Event = z.output<typeof tcpBulkEvent>
type Data<Name extends Event['event']> = Extract<Event, { event: Name }>['data']

/** What a person reads of `ping --bulk`. */
export const bulkTexts: Texts<Data<'start'>, Data<'sample'>, Data<'interval'>, Data<'end'>> = {
  start: ({ host, address, port, connections, sizeBytes, deadlineMillis }) => {
    const name = host === address ? '' : `${host} `
    const on = connections > 1 ? ` on ${connections} connections` : ''
    const size = sizeBytes === null ? [] : [megabytes(sizeBytes)]
    const time = deadlineMillis === null ? [] : [`for ${formatDuration(deadlineMillis)}`]
    return `bulk ${name}${address} port ${port} over tcp: ${[...size, ...time].join(' ')}${on}`
  },
  sample: ({ connection, sentBytes, receivedBytes, bytesPerSecond, firstWrongByte }) => {
    const verdict =
      firstWrongByte === null ? 'every byte right' : `wrong from byte ${firstWrongByte} on`
    return `connection ${connection}  ${moved(sentBytes, receivedBytes, bytesPerSecond)}  ${verdict}`
  },
  interval: ({ durationMillis, sentBytes, receivedBytes, bytesPerSecond }) =>
    `${formatDuration(durationMillis).padStart(7)}  ${moved(sentBytes, receivedBytes, bytesPerSecond)}`,
  end: ({ durationMillis, sent, received, lost, malformed, bytesPerSecond, error }) =>
    [
      `${moved(sent, received, bytesPerSecond)}  in ${formatDuration(durationMillis)}`,
      `lost ${lost} B  wrong ${malformed} B`,
      ...(error === undefined ? [] : [error.message]),
    ].join('\n'),
}

function moved(sent: number, received: number, bytesPerSecond: number): string {
  const rate = `${megabytes(bytesPerSecond)}/s  ${formatBitRate(bytesPerSecond)}`
  return `sent ${megabytes(sent)}  received ${megabytes(received)}  ${rate}`
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes)} B` : `${(bytes / 1e6).toFixed(1)} MB`
}
