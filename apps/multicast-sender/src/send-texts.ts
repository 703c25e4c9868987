import { formatAddress, formatBitRate, formatDuration } from '@sockyard/probe/format'
import type { MulticastSendEvent } from '@sockyard/protocol/results'

type Data<Name extends MulticastSendEvent['event']> = Extract<
  MulticastSendEvent,
  { event: Name }
>['data']

/** What is in force, in one line. */
export function startText(data: Data<'start'>): string {
  const { groups, engine, count, sizeBytes } = data
  return [
    `sender ${data.sender} to ${groups.map((each) => groupText(each, data)).join(' and ')}`,
    `engine ${engine}`,
    count === null ? [] : `${count} ${count === 1 ? 'datagram' : 'datagrams'}`,
    data.intervalMillis === null ? 'each line' : `every ${formatDuration(data.intervalMillis)}`,
    sizeBytes === null ? [] : `${sizeBytes} B`,
  ]
    .flat()
    .join(', ')
}

/** With the options as the kernel has them; where it cannot be asked, as they were asked for. */
function groupText(to: Data<'start'>['groups'][number], asked: Data<'start'>): string {
  const { group, port, options } = to
  const known =
    options === null
      ? [asked.interface ?? [], `TTL ${asked.ttl}`, `loopback ${shown(asked.loopback)}`].flat()
      : Object.entries(options).map(([name, value]) => `${name} ${shown(value)}`)
  return `${formatAddress(group, port)} (${known.join(', ')})`
}

function shown(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
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
