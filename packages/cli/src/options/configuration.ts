import type { z } from 'zod'

import { UsageError } from '../errors/usage-error.ts'
import { type RawValue, splitList } from './arguments.ts'
import type { OptionDescription } from './option-description.ts'

interface Sources {
  flags: ReadonlyMap<string, RawValue>
  environment: ReadonlyMap<string, RawValue>
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['0', false],
])

/**
 * Reads the options that the environment sets. An empty variable counts as unset.
 *
 * @throws {UsageError} when a variable for a flag is neither true nor false
 */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  descriptions: readonly OptionDescription[],
): Map<string, RawValue> {
  const values = new Map<string, RawValue>()
  for (const description of descriptions) {
    const value = environment[description.environment]
    if (value !== undefined && value !== '')
      values.set(description.key, rawValue(value, description))
  }
  return values
}

function rawValue(value: string, { kind, environment }: OptionDescription): RawValue {
  if (kind === 'value') return value
  if (kind === 'list') return splitList(value)
  const word = BOOLEANS.get(value.toLowerCase())
  if (word === undefined)
    throw new UsageError(`environment variable ${environment}`, value, 'must be true or false')
  return word
}

/**
 * Puts flags and environment (flags win) through the schema.
 *
 * @throws {UsageError} that names the flag or the variable, its value and what is allowed
 */
export function configure<Options extends z.ZodObject>(
  options: Options,
  descriptions: readonly OptionDescription[],
  sources: Sources,
): z.output<Options> {
  const raw = Object.fromEntries([...sources.environment, ...sources.flags])
  const result = options.safeParse(raw)
  checkCombinations(descriptions, sources, raw)
  if (result.success) return result.data
  throw usageError(result.error.issues[0], descriptions, sources, raw)
}

/** Only what was given counts: a default conflicts with nothing, and fulfils no requirement. */
function checkCombinations(
  descriptions: readonly OptionDescription[],
  sources: Sources,
  raw: Readonly<Record<string, RawValue>>,
): void {
  const given = descriptions.filter(({ key }) => raw[key] !== undefined && raw[key] !== false)
  for (const description of given) {
    const { conflicts, requires } = description
    const field = fieldName(description, sources)
    const other = given.find(({ key }) => conflicts.includes(key))
    if (other !== undefined) throw UsageError.conflict(field, fieldName(other, sources))
    if (requires !== undefined && !given.some(({ key }) => key === requires))
      throw UsageError.requirement(field, flagOf(requires, descriptions))
  }
}

function flagOf(wanted: string, descriptions: readonly OptionDescription[]): string {
  return `--${descriptions.find(({ key }) => key === wanted)?.flag ?? wanted}`
}

function fieldName({ key, flag, environment }: OptionDescription, sources: Sources): string {
  const isFlag = sources.flags.has(key) || !sources.environment.has(key)
  return isFlag ? `--${flag}` : `environment variable ${environment}`
}

function usageError(
  issue: z.core.$ZodIssue | undefined,
  descriptions: readonly OptionDescription[],
  sources: Sources,
  raw: Readonly<Record<string, RawValue>>,
): UsageError {
  const [key, index] = issue?.path ?? []
  const message = issue?.message ?? 'is not valid'
  const description = descriptions.find((candidate) => candidate.key === key)
  if (description === undefined) return new UsageError('options', undefined, message)
  return new UsageError(
    fieldName(description, sources),
    shown(raw[description.key], index),
    message,
  )
}

/** The one value of a list that is wrong, or the whole value. */
function shown(value: RawValue | undefined, index: PropertyKey | undefined): string | undefined {
  if (!Array.isArray(value)) return typeof value === 'string' ? value : undefined
  return typeof index === 'number' ? value[index] : value.join(',')
}
