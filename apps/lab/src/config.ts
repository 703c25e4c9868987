import { flag, integer } from '@sockyard/cli/options'
import { json } from '@sockyard/service/options'
import { z } from 'zod'

export const listOptions = z.strictObject({})

export const experimentOptions = z.strictObject({ json: json() })

export const forkOptions = z.strictObject({
  depth: integer(3, { minimum: 0, maximum: 8 }).meta({
    valueName: 'COUNT',
    description: 'how many times the loop forks',
  }),
  break: flag().meta({ description: 'the child leaves the loop' }),
  json: json(),
})

export type ForkOptions = z.output<typeof forkOptions>
