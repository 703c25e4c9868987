import {
  formatAddress,
  formatDuration,
  formatMicros,
  formatPercentiles,
  formatTallies,
} from '@sockyard/probe/format'
import type { MulticastReceiveEvent } from '@sockyard/protocol/results'

import type { ArrivalKind } from './arrival.ts'

type Data<Name extends MulticastReceiveEvent['event']> = Extract<
  MulticastReceiveEvent,
  { event: Name }
>['data']
type MeasuredFlow = Data<'end'>['flows'][number]

/** More of them would make a line that nobody reads. */
const FLOWS_SHOWN = 3

export function startText({ memberships, joined, engine }: Data<'start'>): string {
  const each = memberships.map(({ group, port, interface: name, source }) => {
    const from = source === null ? '' : ` from ${source}`
    return `${formatAddress(group, port)}${from} on ${name ?? 'any interface'}`
  })
  const asKernelHasThem = joined.map(joinedText).join(', ')
  return `receiving ${each.join(', ')}, engine ${engine}; joined: ${asKernelHasThem || 'nothing yet'}`
}

function joinedText(joined: Data<'start'>['joined'][number]): string {
  const { group, interface: name, index, members, multicastAll } = joined
  const option = group.includes(':') ? 'IPV6_MULTICAST_ALL' : 'IP_MULTICAST_ALL'
  const facts = [
    `index ${index}`,
    members === null ? [] : `${members} ${members === 1 ? 'member' : 'members'} here`,
    multicastAll === null ? [] : `${option} ${multicastAll ? 'on' : 'off'}`,
  ]
  return `${group} on ${name} (${facts.flat().join(', ')})`
}

/**
 * @param kind of the datagram that `data` tells of
 * @param isPadding whether there is nothing but zeros in it
 */
export function sampleText(data: Data<'sample'>, kind: ArrivalKind, isPadding: boolean): string {
  const { group, source, sourcePort, sequence, sizeBytes, delayMicros, text } = data
  const size = `${sizeBytes} B`
  return [
    `${group} from ${formatAddress(source, sourcePort)} on ${data.interface}`,
    data.ttl === null ? [] : `TTL ${data.ttl}`,
    sequence === null ? [] : `sequence=${sequence}`,
    // What is no text is described by its size already.
    text.startsWith(size) ? [] : size,
    delayMicros === null ? [] : `delay=${formatMicros(delayMicros)}`,
    kind === 'new' || kind === 'plain' ? [] : `(${kind})`,
    isPadding ? [] : text,
  ]
    .flat()
    .join(' ')
}

/** @param senders how many were heard, of whom `data` holds the busiest */
export function intervalText(data: Data<'interval'>, senders: number): string {
  return [
    `${counted(data)} from ${senders} ${senders === 1 ? 'sender' : 'senders'}`,
    ...busiest(data.flows),
  ].join('; ')
}

export function endText(data: Data<'end'>): string {
  const error = data.error === undefined ? [] : [data.error.message]
  return [counted(data), ...busiest(data.flows), ...error].join('; ')
}

function counted(data: Data<'interval'>): string {
  const { kernelDrops, durationMillis } = data
  const drops = kernelDrops === 0 ? '' : `  dropped by the kernel ${kernelDrops}`
  return `${formatTallies(data)}${drops}  in ${formatDuration(durationMillis)}`
}

function busiest(flows: readonly MeasuredFlow[]): string[] {
  const shown = flows.slice(0, FLOWS_SHOWN).map(flowText)
  return flows.length > FLOWS_SHOWN ? [...shown, `and ${flows.length - FLOWS_SHOWN} more`] : shown
}

function flowText(flow: MeasuredFlow): string {
  const { group, source, sender, received, lost, delayMicros, jitterMicros } = flow
  const who = `${group} from ${source}${sender === null ? '' : ` sender ${sender}`}`
  const counts = `received ${received} lost ${lost}`
  if (delayMicros === null) return `${who}: ${counts}`
  const jitter = jitterMicros === null ? '' : ` jitter ${formatMicros(jitterMicros)}`
  return `${who}: ${counts} delay ${formatPercentiles(delayMicros)}${jitter}`
}
