import { timestamp } from '@sockyard/cli/text'
import type { EchoPingEvent } from '@sockyard/protocol/results'

import type { Reporter } from '../report/reporter.ts'

type Data<Name extends EchoPingEvent['event']> = Extract<EchoPingEvent, { event: Name }>['data']

const COLUMNS = [
  'connection',
  'sequence',
  'sizeBytes',
  'outcome',
  'rttMicros',
  'replyTtl',
  'replyDscp',
  'replyEcn',
] as const satisfies readonly (keyof Data<'sample'>)[]

/**
 * A row for each probe, however many there are (RFC 4180, with LF), under the names that the JSON lines use; what is
 * not known is empty. No field can hold a comma or a quotation mark.
 */
export function createPingCsv(
  write: (text: string) => void,
): Reporter<Data<'start'>, Data<'sample'>, Data<'interval'>, Data<'end'>> {
  return {
    start: () => write(`at,${COLUMNS.join(',')}\n`),
    sample: (data) =>
      write(`${timestamp()},${COLUMNS.map((name) => data[name] ?? '').join(',')}\n`),
    interval: () => {},
    end: () => {},
    progress: () => {},
  }
}
