import type { z } from 'zod'

/** One option of a command as the command line, the environment, the help and the man page see it. */
export interface OptionDescription {
  /** The key in the schema: maxConnections */
  key: string
  /** The long flag without dashes: max-connections */
  flag: string
  short: string | undefined
  /** The environment variable: SOCKYARD_MAX_CONNECTIONS */
  environment: string
  kind: 'flag' | 'list' | 'value'
  valueName: string
  /** The words of a choice. */
  choices: readonly string[]
  description: string
  preset: string | undefined
  /** The heading in the complete help; undefined for the first one. */
  group: string | undefined
  /** Whether `--help` shows it; `--help-all` shows all. */
  isCommon: boolean
  /** Whether `--no-FLAG` is understood. */
  isNegatable: boolean
  /** Keys of options that cannot be given with this one. */
  conflicts: readonly string[]
  /** The key of an option without which this one means nothing. */
  requires: string | undefined
}

/** PORT, HOST, GROUP and TIME alone are set by shells, conda, GNU time and Kubernetes service links. */
const PREFIX = 'SOCKYARD_'

/** Reads every option of a schema, in the schema's order. */
export function describeOptions(options: z.ZodObject): OptionDescription[] {
  return Object.entries(options.shape).map(([key, schema]) => {
    const meta = (schema as z.ZodType).meta() ?? {}
    return {
      key,
      flag: kebabCase(key),
      short: meta.short,
      environment: PREFIX + kebabCase(key).replaceAll('-', '_').toUpperCase(),
      kind: meta.kind ?? 'value',
      valueName: meta.valueName ?? 'VALUE',
      choices: meta.choices ?? [],
      description: meta.description ?? '',
      preset: meta.preset,
      group: meta.group,
      isCommon: meta.common ?? meta.group === undefined,
      isNegatable: meta.kind === 'flag' && meta.negatable !== false,
      conflicts: (meta.conflicts ?? []).filter((other) => other in options.shape && other !== key),
      requires: meta.requires,
    }
  })
}

/** maxConnections is max-connections. */
export function kebabCase(camelCase: string): string {
  return camelCase.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
