import type { z } from 'zod'

/** One option of a command as the command line, the environment and `--help` see it. */
export interface OptionDescription {
  /** The key in the schema: maxConnections */
  key: string
  /** The long flag without dashes: max-connections */
  flag: string
  short: string | undefined
  /** The environment variable: MAX_CONNECTIONS */
  environment: string
  kind: 'flag' | 'list' | 'value'
  valueName: string
  description: string
  preset: string | undefined
  group: string
}

/** Reads every option of a schema, in the schema's order. */
export function describeOptions(options: z.ZodObject): OptionDescription[] {
  return Object.entries(options.shape).map(([key, schema]) => {
    const meta = (schema as z.ZodType).meta() ?? {}
    return {
      key,
      flag: kebabCase(key),
      short: meta.short,
      environment: kebabCase(key).replaceAll('-', '_').toUpperCase(),
      kind: meta.kind ?? 'value',
      valueName: meta.valueName ?? 'VALUE',
      description: meta.description ?? '',
      preset: meta.preset,
      group: meta.group ?? 'Options',
    }
  })
}

function kebabCase(camelCase: string): string {
  return camelCase.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
