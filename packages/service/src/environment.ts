import type { RawValue } from './arguments.ts'
import { splitList } from './arguments.ts'
import { UsageError } from './errors.ts'
import type { OptionDescription } from './option-description.ts'

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
}

/** What an error line calls a variable. */
export function variableName(description: OptionDescription): string {
  return `environment variable ${description.environment}`
}

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

function rawValue(value: string, description: OptionDescription): RawValue {
  if (description.kind === 'value') return value
  if (description.kind === 'list') return splitList(value)
  const word = WORDS[value.toLowerCase()]
  if (word === undefined)
    throw new UsageError(variableName(description), value, 'must be true or false')
  return word
}
