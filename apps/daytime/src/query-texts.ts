import { formatMicros, formatTallies } from '@sockyard/probe/format'
import type { Texts } from '@sockyard/probe/reporter'
import type { DaytimeQueryEvent } from '@sockyard/protocol/results'

export type DataOf<Name extends DaytimeQueryEvent['event']> = Extract<
  DaytimeQueryEvent,
  { event: Name }
>['data']

const NOT_ANSWERED = {
  malformed: 'an answer that cannot be read',
  refused: 'nobody listens there',
  silent: 'no answer in time',
} as const

/** What a person reads. */
export const queryTexts: Texts<
  DataOf<'start'>,
  DataOf<'sample'>,
  DataOf<'interval'>,
  DataOf<'end'>
> = {
  start: ({ service, transport, host, address, port, count }) =>
    `${service} of ${host} (${address}) port ${port} over ${transport}, ${count} ${count === 1 ? 'question' : 'questions'}`,
  sample: (data) =>
    data.outcome === 'answered'
      ? [data.text ?? '', offsetOf(data), roundTrip(data.rttMicros)].filter(Boolean).join('  ')
      : NOT_ANSWERED[data.outcome],
  interval: formatTallies,
  end: (data) => {
    const together = data.error === undefined ? offsetOf(data) : data.error.message
    return [formatTallies(data), together].filter(Boolean).join('\n')
  },
}

/** `offset +120 ms ± 500 ms`: the server's clock is that much ahead of ours */
function offsetOf({
  offsetMicros,
  uncertaintyMicros,
}: Pick<DataOf<'end'>, 'offsetMicros' | 'uncertaintyMicros'>): string {
  if (offsetMicros === null || uncertaintyMicros === null) return ''
  const sign = offsetMicros < 0 ? '' : '+'
  return `offset ${sign}${formatMicros(offsetMicros)} ± ${formatMicros(uncertaintyMicros)}`
}

function roundTrip(rttMicros: number | null): string {
  return rttMicros === null ? '' : `time ${formatMicros(rttMicros)}`
}
