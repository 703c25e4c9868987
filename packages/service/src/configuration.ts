import type { z } from 'zod'

import type { RawValue } from './arguments.ts'
import { variableName } from './environment.ts'
import { UsageError } from './errors.ts'
import type { OptionDescription } from './option-description.ts'

interface Sources {
  flags: ReadonlyMap<string, RawValue>
  environment: ReadonlyMap<string, RawValue>
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
  if (result.success) return result.data
  throw usageError(result.error.issues[0], descriptions, sources, raw)
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
  const isFlag = sources.flags.has(description.key) || !sources.environment.has(description.key)
  const field = isFlag ? `--${description.flag}` : variableName(description)
  return new UsageError(field, shown(raw[description.key], index), message)
}

/** The one value of a list that is wrong, or the whole value. */
function shown(value: RawValue | undefined, index: PropertyKey | undefined): string | undefined {
  if (!Array.isArray(value)) return typeof value === 'string' ? value : undefined
  return typeof index === 'number' ? value[index] : value.join(',')
}
