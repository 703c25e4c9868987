import { z } from 'zod'

import { count, at } from './fields.ts'

const text = z.string()

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
/** One step of an experiment. */
export type LabStep = Extract<LabEvent, { event: 'sample' }>['data']
