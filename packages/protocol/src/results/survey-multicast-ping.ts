import { z } from 'zod'

import { at, count, distribution, host, millis, port } from './fields.ts'

const way = z.enum(['unicast', 'multicast']).describe('how the server sent the reply')
const requestNumber = z.int().min(1).describe('of the request, from 1 (RFC 6450, section 3.1)')
const hops = z
  .int()
  .nullable()
  .describe('routers on the way: the TTL it was sent with less that on arrival; null: not known')
const agreed = {
  address: host,
  port,
  group: host,
  version: count.describe('2: RFC 6450; 1: a server such as ssmpingd'),
  isSourceSpecific: z.boolean().describe('joined for the server alone (RFC 4607)'),
}

const wayFacts = z.strictObject({
  received: count,
  lost: count,
  duplicated: count,
  reordered: count,
  rttMicros: distribution,
  jitterMicros: z.number().nonnegative().nullable().describe('RFC 3550, section 6.4.1'),
  hops,
  firstSequence: requestNumber.nullable().describe('requests before it had no reply'),
  lastSequence: requestNumber.nullable(),
})

const line = z.string().min(1)

/** What the two ways mean together. */
const pairVerdict = {
  status: z.enum(['ok', 'warn', 'fail']),
  summary: line,
  cause: line.nullable(),
  remedy: line.nullable().describe('one thing to do'),
  evidence: z.array(line),
  reference: line.nullable().describe('the RFC that says so'),
}

/** The lines of `survey ping-multicast --json`. */
export const surveyMulticastPingEvent = z.discriminatedUnion('event', [
  z.looseObject({ event: z.literal('start'), at, data: z.strictObject(agreed) }),
  z.looseObject({
    event: z.literal('sample'),
    at,
    data: z.strictObject({
      way,
      sequence: requestNumber,
      hops,
      rttMicros: z.number().nonnegative(),
    }),
  }),
  z.looseObject({
    event: z.literal('end'),
    at,
    data: z.strictObject({
      ...agreed,
      sent: count,
      intervalMillis: millis,
      joinMillis: millis.nullable().describe('from joining to the first multicast reply'),
      silence: z
        .strictObject({
          afterMillis: millis.describe('from joining to the last multicast reply before it'),
          recovered: z.boolean().describe('replies came again once the group was joined anew'),
        })
        .nullable()
        .describe('multicast replies stopped while unicast replies went on; null: they did not'),
      ...pairVerdict,
      unicast: wayFacts,
      multicast: wayFacts,
    }),
  }),
])

/** One line of `survey ping-multicast --json`. */
export type SurveyMulticastPingEvent = z.infer<typeof surveyMulticastPingEvent>
