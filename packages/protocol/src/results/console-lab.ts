import { z } from 'zod'

import { at } from './fields.ts'
import { labStep } from './lab.ts'

const text = z.string()
const experiment = z.strictObject({ experiment: text, about: text })

/** GET /api/lab of the console. */
export const consoleLab = z.strictObject({
  state: z
    .enum(['ready', 'off', 'missing'])
    .describe('off: by --no-lab; missing: lab is not installed beside the console'),
  experiments: z.array(experiment).describe('those that can be run'),
})

/** POST /api/lab?experiment=NAME of the console: an experiment of `lab`, run to its end. */
export const consoleLabRun = z.strictObject({
  ...experiment.shape,
  steps: z.array(z.strictObject({ at, ...labStep.shape })),
  lesson: text,
})

/** The experiments, as GET /api/lab of the console tells them. */
export type ConsoleLab = z.infer<typeof consoleLab>
/** One experiment and its steps, as POST /api/lab answers. */
export type ConsoleLabRun = z.infer<typeof consoleLabRun>
