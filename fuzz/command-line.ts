import { randomInt } from 'node:crypto'

import { UsageError } from '@sockyard/cli/errors'
import {
  configure,
  decimal,
  describeOptions,
  flag,
  integer,
  parseArguments,
  text,
} from '@sockyard/cli/options'
import { z } from 'zod'

export interface FuzzOptions {
  /** Of targets; all when there is none. */
  names: string[]
  list: boolean
  help: boolean
  /** For each target. */
  seconds: number
  /** For each target, at most. */
  inputs: number
  seed: number
  isInstrumented: boolean
  /** A file with one input, to try alone. */
  input: string | undefined
}

export const USAGE = `npm run fuzz [-- TARGET ... OPTION ...]    all targets, or those named
  --list             what there is
  --seconds SECONDS  for each target (60)
  --minutes MINUTES  the same in minutes
  --inputs COUNT     for each target, at most
  --seed NUMBER      for the same inputs again (random)
  --uninstrumented   mutates what is known: faster, and learns nothing
  --input FILE       one input alone, for one target
`

const SECONDS = 60

const schema = z.strictObject({
  list: flag(),
  seconds: decimal(undefined, { minimum: 0.1, maximum: 1_000_000 }).meta({
    conflicts: ['minutes'],
  }),
  minutes: decimal(undefined, { minimum: 0.01, maximum: 10_000 }),
  inputs: integer(undefined, { minimum: 1 }),
  seed: integer(undefined, { maximum: 0xffff_ffff }),
  uninstrumented: flag(),
  input: text(),
})

/** @throws {UsageError} */
export function parseCommandLine(words: readonly string[]): FuzzOptions {
  const descriptions = describeOptions(schema)
  const { values, operands, common } = parseArguments(words, descriptions)
  const given = configure(schema, descriptions, { flags: values, environment: new Map() })
  const { list, minutes, seconds = SECONDS, inputs = Infinity, uninstrumented, input } = given
  if (input !== undefined && operands.length !== 1)
    throw new UsageError('--input', input, 'is an input of one target: name it')
  return {
    names: operands,
    list,
    help: common.help,
    seconds: minutes === undefined ? seconds : minutes * 60,
    inputs,
    seed: given.seed ?? randomInt(2 ** 32),
    isInstrumented: !uninstrumented,
    input,
  }
}
