import { isIP } from 'node:net'

import { z } from 'zod'

import {
  parseBitRate,
  parseByteSize,
  parseDecimal,
  parseDuration,
  parseInteger,
} from './quantities.ts'

declare module 'zod' {
  /** What the command line, the help and the man page need to know of an option beside its type. */
  interface GlobalMeta {
    /** One character: `p` makes `-p`. */
    short?: string | undefined
    /** What stands for the value in the help: PORT */
    valueName?: string
    /** A flag takes no value; a list may be given several times or with commas. */
    kind?: 'flag' | 'list'
    /** The words of a choice. */
    choices?: readonly string[]
    /** The value when none is given, as a user would write it. */
    preset?: string
    /** The heading in the complete help. */
    group?: string
    /** Whether `--help` shows it, when that is not told by having no group. */
    common?: boolean
    /** Whether `--no-FLAG` is understood. @default true */
    negatable?: boolean
    /** Keys of options that cannot be given with this one. */
    conflicts?: readonly string[]
    /** The key of an option without which this one means nothing. */
    requires?: string
  }
}

/** A range, written as the user would write it: `{ minimum: '10ms', maximum: '1h' }`. */
interface Range {
  minimum?: string | number
  maximum?: string | number
}

interface Quantity {
  parse(text: string): number | undefined
  /** What the text must look like: "a duration such as 200ms or 5s". */
  form: string
  valueName: string
  range?: Range
}

interface QuantityOption {
  (preset: string | number, range?: Range): z.ZodType<number>
  (preset?: undefined, range?: Range): z.ZodType<number | undefined>
}

/**
 * How long: `5s` and `5` are 5000. The value is in milliseconds. A range is narrower than this one: no timer of Node's waits
 * for 2^31 ms (596.5 h) or longer, setTimeout then waits for 1 ms.
 */
export const duration = quantityOption({
  parse: parseDuration,
  form: 'seconds, or a duration such as 200ms, 5s, 2m or 1h',
  valueName: 'DURATION',
  range: { minimum: '0', maximum: '596h' },
})

/** How much: `64KiB` is 65536. The value is in bytes. */
export const byteSize = quantityOption({
  parse: parseByteSize,
  form: 'a size such as 64, 64KiB or 4MiB',
  valueName: 'BYTES',
})

/** How fast: `10M` is 10,000,000. The value is in bits a second. */
export const bitRate = quantityOption({
  parse: parseBitRate,
  form: 'bits a second such as 9600, 64k, 10M or 1G',
  valueName: 'BITS_PER_SECOND',
})

/** A whole number, 0 or more unless a range says otherwise. */
export const integer = quantityOption({
  parse: parseInteger,
  form: 'a whole number',
  valueName: 'NUMBER',
  range: { minimum: 0 },
})

/** A number with or without a fraction, 0 or more unless a range says otherwise. */
export const decimal = quantityOption({
  parse: parseDecimal,
  form: 'a number',
  valueName: 'NUMBER',
  range: { minimum: 0 },
})

/** On or off: `--loopback`, `--no-loopback`, LOOPBACK=false. */
export function flag(preset = false): z.ZodType<boolean> {
  return z
    .boolean()
    .default(preset)
    .meta({ kind: 'flag', ...(preset && { preset: 'on' }) })
}

/** Sizes from the first to the last one, in steps; bytes. */
export interface ByteRange {
  fromBytes: number
  toBytes: number
  stepBytes: number
}

/** Sizes to go through: `1200-1600`, or `1200-1600:4` with a step of its own; bytes. */
export function byteRange(limits: {
  minimum: number
  maximum: number
  step: number
}): z.ZodType<ByteRange | undefined> {
  const { minimum, maximum, step } = limits
  const form = `must be FROM-TO or FROM-TO:STEP, such as 1200-1600, ${minimum} to ${maximum}`
  return z
    .string()
    .transform((value, context) => {
      const [, from, to, by = step] = /^(\d{1,9})-(\d{1,9})(?::(\d{1,9}))?$/.exec(value) ?? []
      const range = { fromBytes: Number(from), toBytes: Number(to), stepBytes: Number(by) }
      const { fromBytes, toBytes, stepBytes } = range
      if (fromBytes >= minimum && toBytes <= maximum && fromBytes <= toBytes && stepBytes > 0)
        return range
      context.addIssue(form)
      return z.NEVER
    })
    .optional()
    .meta({ valueName: 'FROM-TO[:STEP]' })
}

/** Any text without spaces at its ends; without a preset the option may be absent. */
export function text(preset: string): z.ZodType<string>
export function text(): z.ZodType<string | undefined>
export function text(preset?: string): z.ZodType<string | undefined> {
  return withPreset(z.string().trim().min(1, 'must not be empty'), preset).meta({
    valueName: 'TEXT',
  })
}

/**
 * One of the given words.
 *
 * @param aliases words of earlier releases and what they mean now: accepted, and shown nowhere
 */
export function choice<Word extends string>(
  words: readonly [Word, ...Word[]],
  preset: Word,
  aliases?: Readonly<Record<string, Word>>,
): z.ZodType<Word>
/** Without a preset the option may be absent. */
export function choice<Word extends string>(
  words: readonly [Word, ...Word[]],
): z.ZodType<Word | undefined>
export function choice<Word extends string>(
  words: readonly [Word, ...Word[]],
  preset?: Word,
  aliases: Readonly<Record<string, Word>> = {},
): z.ZodType<Word | undefined> {
  const schema = z
    .string()
    .transform((word) => (Object.hasOwn(aliases, word) ? aliases[word] : word))
    .pipe(z.enum(words, { error: `must be ${words.join(', ')}` }))
  return withPreset(schema, preset).meta({ valueName: words.join('|'), choices: words })
}

/**
 * Several values: the flag again and again, or commas between them.
 *
 * @param item checks one value; its message follows the value in the error line
 */
export function list<Item>(
  item: z.ZodType<Item, string>,
  preset: readonly string[] = [],
): z.ZodType<Item[]> {
  return z
    .array(item)
    .prefault([...preset])
    .meta({
      kind: 'list',
      valueName: 'VALUE',
      ...(preset.length > 0 && { preset: preset.join(',') }),
    })
}

/** Addresses or address/prefix, both families, as texts: `10.0.0.0/8`, `::1`. */
export function cidrList(preset: readonly string[] = []): z.ZodType<string[]> {
  const message = 'must be an address or address/prefix such as 10.0.0.0/8 or fd00::/8'
  return list(z.string().refine(isCidr, message), preset).meta({ valueName: 'CIDR' })
}

function isCidr(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/')
  const longest = { 4: 32, 6: 128 }[isIP(address)]
  if (longest === undefined || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest)
}

function quantityOption(quantity: Quantity): QuantityOption {
  function option(preset: string | number, range?: Range): z.ZodType<number>
  function option(preset?: undefined, range?: Range): z.ZodType<number | undefined>
  function option(preset?: string | number, narrower?: Range): z.ZodType<number | undefined> {
    const range = { ...quantity.range, ...narrower }
    const schema = z.string().transform((value, context) => {
      const parsed = quantity.parse(value)
      if (parsed !== undefined && isWithin(parsed, range, quantity)) return parsed
      const form = parsed === undefined ? [quantity.form] : []
      context.addIssue(`must be ${[...form, ...bounds(range)].join(', ')}`)
      return z.NEVER
    })
    return withPreset(schema, preset).meta({ valueName: quantity.valueName })
  }
  return option
}

function isWithin(value: number, range: Range | undefined, quantity: Quantity): boolean {
  const bound = (limit: string | number): number => quantity.parse(String(limit)) ?? Number.NaN
  if (range?.minimum !== undefined && value < bound(range.minimum)) return false
  return range?.maximum === undefined || value <= bound(range.maximum)
}

function bounds(range: Range = {}): string[] {
  if (range.maximum !== undefined) return [`${range.minimum ?? 0} to ${range.maximum}`]
  return range.minimum === undefined ? [] : [`${range.minimum} or more`]
}

function withPreset<Value>(
  schema: z.ZodType<Value, string>,
  preset: string | number | undefined,
): z.ZodType<Value | undefined> {
  if (preset === undefined) return schema.optional()
  return schema.prefault(String(preset)).meta({ preset: String(preset) })
}
