import { z } from 'zod'

import { count, at } from './fields.ts'

const text = z.string()

/** A packet of the experiment, as the kernel handed it over. */
const packet = z.strictObject({
  protocol: z.enum(['tcp', 'udp', 'icmp']),
  source: text.describe('address, and port where there is one'),
  destination: text,
  about: text.describe('flags and bytes of TCP, bytes of UDP, the error of ICMP'),
  length: count.describe('bytes, with its headers'),
  bytes: z.base64().describe('the first 256, from the IP header on'),
})

/** One call on a socket, and what came of it. */
export const labStep = z.strictObject({
  step: count.describe('from 1 on'),
  who: text.describe('the side that made the call'),
  call: text.describe('by the name of the manual'),
  arguments: z.array(text).describe('without the descriptor; flags by name'),
  returned: z.int().describe('-1: it failed, and `errno` says why'),
  errno: text.nullable().describe('the errno name, such as EAGAIN'),
  got: text.nullable().describe('what was read or told, when the call gives more than a number'),
  why: text,
  packets: z
    .array(packet)
    .describe('sent since the step before; recorded where raw(7) is permitted, else none'),
})

/** The lines of an experiment of `lab --json`. */
export const labEvent = z.discriminatedUnion('event', [
  z.looseObject({
    event: z.literal('start'),
    at,
    data: z.strictObject({ experiment: text, about: text }),
  }),
  z.looseObject({ event: z.literal('sample'), at, data: labStep }),
  z.looseObject({
    event: z.literal('end'),
    at,
    data: z.strictObject({ steps: count, lesson: text }),
  }),
])

/** One line of `lab --json`. */
export type LabEvent = z.infer<typeof labEvent>
export type LabPacket = z.infer<typeof packet>
/** One step of an experiment. */
export type LabStep = Extract<LabEvent, { event: 'sample' }>['data']
