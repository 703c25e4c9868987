import { formatAddress, formatBitRate, formatDuration } from '@sockyard/probe/format'
import type { MulticastSendEvent } from '@sockyard/protocol/results'

type Data<Name extends MulticastSendEvent['event']> = Extract<
  MulticastSendEvent,
  { event: Name }
>['data']

/** What is in force, in one line. */
export function startText(data: Data<'start'>): string {
  const { groups, ttl, loopback, count, sizeBytes } = data
  return [
    `sender ${data.sender} to ${groups.map(({ group, port }) => formatAddress(group, port)).join(' ')}`,
    `by ${data.interface ?? "the system's choice of interface"}`,
    `TTL ${ttl}`,
    `loopback ${loopback ? 'on' : 'off'}`,
    count === null ? [] : `${count} ${count === 1 ? 'datagram' : 'datagrams'}`,
    data.intervalMillis === null ? 'each line' : `every ${formatDuration(data.intervalMillis)}`,
    sizeBytes === null ? [] : `${sizeBytes} B`,
  ]
    .flat()
    .join(', ')
}

export function sampleText({ group, port, sequence, sizeBytes }: Data<'sample'>): string {
  return `sent to ${formatAddress(group, port)} sequence=${sequence} ${sizeBytes} B`
}

export function intervalText(data: Data<'interval'>): string {
  const rate = formatBitRate((data.sentBytes * 1_000) / data.durationMillis)
  return `${counted(data)} (${rate})`
}

export function endText(data: Data<'end'>): string {
  const error = data.error === undefined ? '' : `: ${data.error.message}`
  return `${counted(data)}${error}`
}

function counted({ sent, sentBytes, dropped, durationMillis }: Data<'interval'>): string {
  return `sent ${sent} (${sentBytes} B)  dropped ${dropped}  in ${formatDuration(durationMillis)}`
}
