import type { echoPingEvent } from '@sockyard/protocol/results'
import type { z } from 'zod'

import {
  formatDuration,
  formatMicros,
  formatPercentiles,
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
    const rtt = data.rttMicros === null ? [] : [formatSummary('round trip', data.rttMicros)]
    const error = data.error === undefined ? [] : [data.error.message]
    const counted = `${formatTallies(data)}  in ${formatDuration(data.durationMillis)}`
    return [`${data.verdict}: ${counted}`, ...rtt, ...error].join('\n')
  },
}

const REMARKS = {
  duplicated: 'answered once more',
  reordered: 'answered after a later one',
  malformed: 'answered with other bytes',
  refused: 'refused',
  silent: 'no answer in time',
} as const
