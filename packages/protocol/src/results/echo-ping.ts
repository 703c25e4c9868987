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
  counts,
} from './fields.ts'

const measured = {
  durationMillis,
  ...counts,
  skipped: count.describe('scheduled but not sent: the client was too slow for its `--rate`'),
  rttMicros: distribution.describe(
    'microseconds, null when nothing was received; with `--rate` from the scheduled send time, else from sending',
  ),
  lateMicros: distribution.describe(
    'client send delay, from scheduled to actual send time; part of rttMicros; null without `--rate`',
  ),
  ipdvMicros: distribution.describe(
    'IP packet delay variation (RFC 3393): how much the round trips of successive probes differ; null without two',
  ),
  jitterMicros: z
    .number()
    .nonnegative()
    .nullable()
    .describe('smoothed variation (RFC 3550, section 6.4.1); null before the second answer'),
  sentBytesPerSecond: z
    .number()
    .nonnegative()
    .nullable()
    .describe('payload; null without `--bitrate`'),
  bytesPerSecond: z
    .number()
    .nonnegative()
    .nullable()
    .describe('payload received; null without `--bitrate`'),
}

/** What became of one probe. */
const outcome = z.enum([
  'answered',
  'duplicated',
  'reordered',
  'malformed',
  'refused',
  'silent',
  'too-big',
])

const bytes = count.describe('bytes of payload')

/** What the IP header of a reply held, where the socket can tell: udp-echo with the engine native. */
const replyHeader = {
  replyTtl: z.int().min(0).max(255).nullable().describe('TTL or hop limit of the reply on arrival'),
  replyDscp: z.int().min(0).max(63).nullable().describe('of the reply (RFC 2474)'),
  replyEcn: z
    .enum(['not-ect', 'ect1', 'ect0', 'ce'])
    .nullable()
    .describe('ECN codepoint of the reply (RFC 3168)'),
}

/** How many round trips lay between two bounds. */
const bucket = z.strictObject({
  fromMicros: z.number().nonnegative(),
  toMicros: z.number().nonnegative().nullable().describe('null: no upper bound'),
  count,
})

const sweepResult = z.strictObject({
  largestAnsweredBytes: bytes.nullable(),
  smallestLostBytes: bytes.nullable(),
  pathMtuBytes: count.nullable().describe('what the kernel knows of the path, headers included'),
})

/** The lines of `ping` of tcp-echo, udp-echo and sctp-echo. */
export const echoPingEvent = events({
  start: z.strictObject({
    transport: z.enum(['tcp', 'udp', 'sctp']),
    host,
    address: host,
    port,
    connections: count,
    count: count.nullable().describe('null: until stopped'),
    intervalMillis: millis.nullable().describe('null: as fast as replies arrive'),
    window: count.nullable().describe('how many may be unanswered at once; null: a fixed rate'),
    sizeBytes: count.describe('of a sweep the largest'),
    sweep: z
      .strictObject({ fromBytes: bytes, toBytes: bytes, stepBytes: bytes })
      .nullable()
      .describe('null: all of one size'),
  }),
  sample: z.strictObject({
    connection: count.describe('from 0; always 0 over UDP and SCTP'),
    sequence: count.describe('from 0 on each connection'),
    sizeBytes: count,
    outcome: outcome.describe(
      'refused: an ICMP error came; silent: no message in time; too-big: it does not fit the path (EMSGSIZE)',
    ),
    rttMicros: z.number().nonnegative().nullable().describe('null: it was not answered'),
    ...replyHeader,
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
    replies: z
      .array(z.strictObject({ ...replyHeader, received: count }))
      .max(16)
      .describe('what the IP headers of the replies held, the most frequent first'),
    histogram: z.array(bucket).nullable().describe('null without `--histogram`'),
    sweep: sweepResult.nullable().describe('null without `--sweep`'),
    error: failure.optional(),
  }),
})

/** One line of `ping --json`. */
export type EchoPingEvent = z.infer<typeof echoPingEvent>
