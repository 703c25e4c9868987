import { z } from 'zod'

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
    z.looseObject({ event: z.literal('start'), data: data.start }),
    z.looseObject({ event: z.literal('sample'), data: data.sample }),
    z.looseObject({ event: z.literal('interval'), data: data.interval }),
    z.looseObject({ event: z.literal('end'), data: data.end }),
  ])
}
