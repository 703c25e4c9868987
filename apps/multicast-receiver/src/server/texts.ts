import { formatAddress } from '@sockyard/net/address'
import {
  formatDuration,
  formatMicros,
  formatPercentiles,
  formatShare,
} from '@sockyard/probe/report'
import type { MulticastReceiveEvent } from '@sockyard/protocol/results'

import type { DatagramKind } from './flow-observer.ts'

type Data<Name extends MulticastReceiveEvent['event']> = Extract<
  MulticastReceiveEvent,
  { event: Name }
>['data']
type MeasuredFlow = Data<'end'>['flows'][number]

/** More of them would make the line too long to read. */
const FLOWS_SHOWN = 3

export function startText({ memberships, joined, engine }: Data<'start'>, why: string): string {
  const each = memberships.map(({ group, port, interface: name, source }) => {
    const from = source === null ? '' : ` from ${source}`
    return `${formatAddress(group, port)}${from} on ${name ?? 'any interface'}`
  })
  const asKernelHasThem = joined.map(joinedText).join(', ')
  return `receiving ${each.join(', ')}, engine ${engine} (${why}); joined: ${asKernelHasThem || 'nothing yet'}`
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
 * @param kind of the datagram in `data`
 * @param isPadding whether there is nothing but zeros in it
 */
export function sampleText(data: Data<'sample'>, kind: DatagramKind, isPadding: boolean): string {
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

/** @param senders their number, of which `data` holds the busiest */
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
  const { sent: expected, received, lost, durationMillis } = data
  const others = (['duplicated', 'reordered', 'malformed'] as const)
    .filter((name) => data[name] > 0)
    .map((name) => `${name} ${data[name]}`)
  return [
    `expected ${expected}, received ${received}, lost ${lost} (${formatShare(lost, expected)})`,
    ...others,
    ...(data.kernelDrops === 0 ? [] : [`dropped by the kernel ${data.kernelDrops}`]),
    `in ${formatDuration(durationMillis)}`,
  ].join(', ')
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
