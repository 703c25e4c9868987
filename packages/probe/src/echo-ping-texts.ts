import type { echoPingEvent } from '@sockyard/protocol/results'
import type { z } from 'zod'

import {
  formatDuration,
  formatMicros,
  formatPercentiles,
  formatShare,
  formatSummary,
  formatTallies,
} from './format.ts'
import type { Texts } from './reporter.ts'

type Event = z.output<typeof echoPingEvent>
type Data<Name extends Event['event']> = Extract<Event, { event: Name }>['data']

/** What a person reads of `tcp-echo ping` and `udp-echo ping`, much as from ping(8). */
export const echoPingTexts: Texts<Data<'start'>, Data<'sample'>, Data<'interval'>, Data<'end'>> = {
  start: (data) => {
    const host = data.host === data.address ? '' : `${data.host} `
    const connections = data.connections > 1 ? ` on ${data.connections} connections` : ''
    const pace =
      data.intervalMillis === null
        ? 'as fast as answers come'
        : `every ${formatDuration(data.intervalMillis)}`
    return `ping ${host}${data.address} port ${data.port} over ${data.transport}: ${data.sizeBytes} B ${pace}${connections}`
  },
  sample: ({ connection, sequence, sizeBytes, outcome, rttMicros }) => {
    const on = connection === 0 ? '' : `connection ${connection}  `
    const time = rttMicros === null ? '' : `  time ${formatMicros(rttMicros).padStart(7)}`
    const remark = outcome === 'answered' ? '' : `  ${REMARKS[outcome]}`
    return `${on}seq ${String(sequence).padStart(4)}  ${sizeBytes} B${time}${remark}`
  },
  interval: (data) =>
    `${formatDuration(data.durationMillis).padStart(7)}  ${formatTallies(data)}  ${formatPercentiles(data.rttMicros)}`,
  end: (data) => {
    const { rttMicros, lateMicros, error } = data
    const label = lateMicros === null ? 'round trip' : 'round trip from when it was due'
    return [
      `${data.verdict}: ${formatTallies(data)}${inFlight(data)}  in ${formatDuration(data.durationMillis)}`,
      ...(rttMicros === null ? [] : [formatSummary(label, rttMicros)]),
      ...(lateMicros === null ? [] : [formatSummary('of that, sent late by', lateMicros)]),
      ...(data.skipped === 0 ? [] : [tooSlow(data)]),
      ...(error === undefined ? [] : [error.message]),
    ].join('\n')
  },
}

/** What was under way when the run was stopped. */
function inFlight({ sent, received, lost }: Data<'end'>): string {
  const waiting = sent - received - lost
  return waiting > 0 ? `  in flight ${waiting}` : ''
}

function tooSlow({ sent, skipped }: Data<'end'>): string {
  const share = formatShare(skipped, sent + skipped)
  return `this client was too slow for its rate: ${skipped} of ${sent + skipped} probes (${share}) were not sent`
}

const REMARKS = {
  duplicated: 'answered once more',
  reordered: 'answered after a later one',
  malformed: 'answered with other bytes',
  refused: 'refused',
  silent: 'no answer in time',
} as const
