import { parseArgs } from 'node:util'

import { UsageError } from '../errors/usage-error.ts'
import type { OptionDescription } from './option-description.ts'

/** A value as it was written, before the schema has seen it. */
export type RawValue = string | boolean | string[]

/** Flags that every command has; they are no configuration, so the environment cannot set them. */
const COMMON_FLAGS = {
  help: { type: 'boolean', short: 'h' },
  'help-all': { type: 'boolean' },
  version: { type: 'boolean' },
  check: { type: 'boolean' },
} as const

interface Arguments {
  /** Which of the flags that every command has were given. */
  common: Readonly<Record<keyof typeof COMMON_FLAGS, boolean>>
  values: ReadonlyMap<string, RawValue>
  operands: string[]
}

/**
 * Splits a command line into flags and operands; `--` ends the flags.
 *
 * @param hint what to do about an unknown flag: "--help lists the options"
 * @throws {UsageError} for an unknown flag, a missing or a superfluous value
 */
export function parseArguments(
  args: readonly string[],
  descriptions: readonly OptionDescription[],
  hint: (flag: string) => string = () => '--help lists the options',
): Arguments {
  const joined = joinNegativeNumbers(args, descriptions)
  const { values, positionals } = parseStrictly(joined, descriptions, hint)
  return {
    common: {
      help: values['help'] === true,
      'help-all': values['help-all'] === true,
      version: values['version'] === true,
      check: values['check'] === true,
    },
    values: valuesByKey(values, descriptions),
    operands: positionals,
  }
}

/** `--port -1` is a value that is out of range, not a flag: parseArgs takes it when it is one word. */
function joinNegativeNumbers(
  args: readonly string[],
  descriptions: readonly OptionDescription[],
): string[] {
  const takesValue = descriptions.filter(({ kind }) => kind !== 'flag')
  const longs = new Set(takesValue.map(({ flag }) => `--${flag}`))
  const shorts = new Set(takesValue.map(({ short }) => `-${short}`))
  const letters = new Set(descriptions.map(({ short }) => short))
  const words = [...args]
  for (let index = 0; index < words.length - 1 && words[index] !== '--'; index += 1) {
    const [word = '', next = ''] = words.slice(index, index + 2)
    if (!/^-\d/.test(next) || letters.has(next.charAt(1))) continue
    if (longs.has(word)) words.splice(index, 2, `${word}=${next}`)
    else if (shorts.has(word)) words.splice(index, 2, `${word}${next}`)
  }
  return words
}

type ParsedValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

function parseStrictly(
  args: string[],
  descriptions: readonly OptionDescription[],
  hint: (flag: string) => string,
): { values: ParsedValues; positionals: string[] } {
  const flags = descriptions.map(({ flag, short, kind }) => [
    flag,
    {
      type: kind === 'flag' ? 'boolean' : 'string',
      multiple: kind === 'list',
      ...(short !== undefined && { short }),
    } as const,
  ])
  const refused = descriptions.find(
    ({ kind, flag, isNegatable }) =>
      kind === 'flag' && !isNegatable && isGiven(args, `--no-${flag}`),
  )
  if (refused !== undefined) throw unknownOption(`--no-${refused.flag}`, hint)
  try {
    return parseArgs({
      args,
      options: { ...COMMON_FLAGS, ...Object.fromEntries(flags) },
      strict: true,
      allowPositionals: true,
      allowNegative: true,
    })
  } catch (error) {
    throw usageError(error, hint)
  }
}

function isGiven(args: readonly string[], flag: string): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end === -1 ? undefined : end).includes(flag)
}

/** parseArgs explains itself in several sentences; a user gets the flag and what is wrong with it. */
function usageError(error: unknown, hint: (flag: string) => string): unknown {
  if (!(error instanceof TypeError) || !('code' in error)) return error
  const flag = /'(?:-\w, )?(--?[^' ]+)/.exec(error.message)?.[1] ?? 'arguments'
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return unknownOption(flag, hint)
  if (error.code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return error
  const superfluous = error.message.includes('does not take an argument')
  return new UsageError(flag, undefined, superfluous ? 'takes no value' : 'needs a value')
}

function unknownOption(flag: string, hint: (flag: string) => string): UsageError {
  const allowed = hint(flag)
  return new UsageError(flag, undefined, allowed, `unknown option ${flag}; ${allowed}`)
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
