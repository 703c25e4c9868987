import { formatMicros, formatTallies } from '@sockyard/probe/format'
import type { Texts } from '@sockyard/probe/reporter'
import type { SntpQueryEvent } from '@sockyard/protocol/results'

import { signedMicros } from './clock-words.ts'

type DataOf<Name extends SntpQueryEvent['event']> = Extract<SntpQueryEvent, { event: Name }>['data']
type Told = Pick<
  DataOf<'end'>,
  'offsetMicros' | 'uncertaintyMicros' | 'delayMicros' | 'stratum' | 'reference' | 'leap'
>

const NOT_ANSWERED = {
  unreachable: 'nobody listens there',
  silent: 'no answer in time',
} as const

/** What a person reads. */
export const queryTexts: Texts<
  DataOf<'start'>,
  DataOf<'sample'>,
  DataOf<'interval'>,
  DataOf<'end'>
> = {
  start: ({ host, address, port, count }) =>
    `${host} (${address}) port ${port}, ${count} ${count === 1 ? 'request' : 'requests'}`,
  sample: (data) => {
    const { outcome, reason } = data
    if (outcome === 'silent' || outcome === 'unreachable') return NOT_ANSWERED[outcome]
    if (outcome === 'answered') return told(data)
    return [`refused: ${reason}`, told(data)].filter((part) => part !== '').join(': ')
  },
  interval: formatTallies,
  end: (data) => {
    const result = data.error === undefined ? bestOf(data) : data.error.message
    return [formatTallies(data), result].filter((line) => line !== '').join('\n')
  },
}

function bestOf(data: DataOf<'end'>): string {
  const best = told(data)
  return best === '' ? '' : `best: ${best}`
}

/** `offset +12 µs ± 60 µs delay 118 µs stratum 10 reference LOCL`; empty when nothing was told */
function told({ offsetMicros, uncertaintyMicros, delayMicros, ...clock }: Told): string {
  if (offsetMicros === null || uncertaintyMicros === null || delayMicros === null) return ''
  const offset = `offset ${signedMicros(offsetMicros)} ± ${formatMicros(uncertaintyMicros)}`
  const { stratum, reference } = clock
  return `${offset} delay ${formatMicros(delayMicros)} stratum ${stratum} reference ${reference}`
}
