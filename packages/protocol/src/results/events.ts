import { z } from 'zod'

import { at, errorClass } from './fields.ts'

/** The four shapes of `data`, by event. */
interface EventData<
  Start extends z.ZodType,
  Sample extends z.ZodType,
  Interval extends z.ZodType,
  End extends z.ZodType,
> {
  start: Start
  sample: Sample
  interval: Interval
  end: End
}

/**
 * The lines a measuring client writes with `--json`: `start` once, a `sample` for each measurement, an
 * `interval` now and then, `end` once. A service writes the same into its log, where a line's time and level
 * stand beside them.
 */
export function events<
  Start extends z.ZodType,
  Sample extends z.ZodType,
  Interval extends z.ZodType,
  End extends z.ZodType,
>(data: EventData<Start, Sample, Interval, End>) {
  return z.discriminatedUnion('event', [
    z.looseObject({ event: z.literal('start'), at, data: data.start }),
    z.looseObject({ event: z.literal('sample'), at, data: data.sample }),
    z.looseObject({ event: z.literal('interval'), at, data: data.interval }),
    z.looseObject({ event: z.literal('end'), at, data: data.end }),
  ])
}

/** A line of a service's log that is no result: what happened, and its facts as fields. */
export const logLine = z.looseObject({
  event: z.never().optional(),
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
  at,
  name: z.string().min(1).describe('of the app'),
  msg: z.string().min(1).describe('what happened, such as `listening` or `silent`'),
  error: z
    .looseObject({
      type: z.string().optional().describe('the class of the error'),
      message: z.string(),
      errorClass: errorClass.optional(),
      code: z.string().optional().describe('the errno name, such as EADDRINUSE'),
      stack: z.string().optional().describe('at the levels debug and trace only'),
    })
    .optional()
    .describe('the error that the line tells of'),
})

/** Every line that a measuring service writes with `--json`: its results, and the other lines of its log. */
export function lines<Events extends z.ZodType>(results: Events) {
  return z.union([results, logLine])
}
