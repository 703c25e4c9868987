import { parseArgs } from 'node:util'

import { UsageError } from './errors.ts'
import type { OptionDescription } from './option-description.ts'

/** A value as it was written, before the schema has seen it. */
export type RawValue = string | boolean | string[]

/** Flags that every command has; they are no configuration, so the environment cannot set them. */
const COMMON_FLAGS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  check: { type: 'boolean' },
} as const

interface Arguments {
  help: boolean
  version: boolean
  check: boolean
  values: ReadonlyMap<string, RawValue>
  operands: string[]
}

/**
 * Splits a command line into flags and operands; `--` ends the flags.
 *
 * @throws {UsageError} for an unknown flag, a missing or a superfluous value
 */
export function parseArguments(
  args: readonly string[],
  descriptions: readonly OptionDescription[],
): Arguments {
  const { values, positionals } = parseStrictly(args, descriptions)
  return {
    help: values['help'] === true,
    version: values['version'] === true,
    check: values['check'] === true,
    values: valuesByKey(values, descriptions),
    operands: positionals,
  }
}

type ParsedValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

function parseStrictly(
  args: readonly string[],
  descriptions: readonly OptionDescription[],
): { values: ParsedValues; positionals: string[] } {
  const flags = descriptions.map(({ flag, short, kind }) => [
    flag,
    {
      type: kind === 'flag' ? 'boolean' : 'string',
      multiple: kind === 'list',
      ...(short !== undefined && { short }),
    } as const,
  ])
  try {
    return parseArgs({
      args: [...args],
      options: { ...COMMON_FLAGS, ...Object.fromEntries(flags) },
      strict: true,
      allowPositionals: true,
      allowNegative: true,
    })
  } catch (error) {
    throw usageError(error)
  }
}

/** parseArgs explains itself in several sentences; a user gets the flag and what is wrong with it. */
function usageError(error: unknown): unknown {
  if (!(error instanceof TypeError) || !('code' in error)) return error
  const flag = /'(?:-\w, )?(--?[^' ]+)/.exec(error.message)?.[1] ?? 'arguments'
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return new UsageError(flag, undefined, 'unknown option (--help lists them)')
  if (error.code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return error
  const superfluous = error.message.includes('does not take an argument')
  return new UsageError(flag, undefined, superfluous ? 'takes no value' : 'needs a value')
}

function valuesByKey(
  values: ParsedValues,
  descriptions: readonly OptionDescription[],
): Map<string, RawValue> {
  const byKey = new Map<string, RawValue>()
  for (const { key, flag } of descriptions) {
    const value = values[flag]
    if (Array.isArray(value)) byKey.set(key, value.map(String).flatMap(splitList))
    else if (value !== undefined) byKey.set(key, value)
  }
  return byKey
}

/** `a, b` is two values; an empty piece is none. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
}
