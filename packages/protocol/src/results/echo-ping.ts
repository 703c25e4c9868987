import { z } from 'zod'

import { events } from './events.ts'
import {
  count,
  distribution,
  durationMillis,
  failure,
  host,
  millis,
  port,
  tallies,
} from './fields.ts'

const measured = {
  durationMillis,
  ...tallies,
  skipped: count.describe('due but not sent: the client was too slow for its `--rate`'),
  rttMicros: distribution.describe(
    'microseconds, null when nothing was received; with `--rate` from when each was due, else from sending',
  ),
  lateMicros: distribution.describe(
    'how long after they were due probes went out: the share of the client itself in rttMicros; null without `--rate`',
  ),
}

/** What became of one probe. */
const outcome = z.enum(['answered', 'duplicated', 'reordered', 'malformed', 'refused', 'silent'])

/** The lines of `ping` of tcp-echo, udp-echo and sctp-echo. */
export const echoPingEvent = events({
  start: z.strictObject({
    transport: z.enum(['tcp', 'udp', 'sctp']),
    host,
    address: host,
    port,
    connections: count,
    count: count.nullable().describe('null: until stopped'),
    intervalMillis: millis.nullable().describe('null: as fast as answers come'),
    sizeBytes: count,
  }),
  sample: z.strictObject({
    connection: count.describe('from 0; always 0 over UDP and SCTP'),
    sequence: count.describe('from 0 on each connection'),
    sizeBytes: count,
    outcome: outcome.describe('refused: an ICMP error came; silent: nothing came in time'),
    rttMicros: z.number().nonnegative().nullable().describe('null: it was not answered'),
  }),
  interval: z.strictObject(measured),
  end: z.strictObject({
    ...measured,
    sent: count.describe(
      'what is neither received nor lost was in flight when the run was stopped',
    ),
    verdict: z
      .enum(['answered', 'refused', 'silent'])
      .describe('answered: at least one probe was; refused: none was, and the peer said so'),
    error: failure.optional(),
  }),
})

export type EchoPingEvent = z.infer<typeof echoPingEvent>
