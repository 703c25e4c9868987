const MILLIS_OF: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const BYTES_OF: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/**
 * Reads `200ms`, `5s`, `1.5m` or `1h`; without a unit it is seconds, as ping(8) has it.
 *
 * @returns milliseconds, or undefined when the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)?$/.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits) * (MILLIS_OF[unit] ?? Number.NaN)
}

/**
 * Reads `64`, `64KiB`, `4MiB` or `1GiB`.
 *
 * @returns bytes, or undefined when the text is no size
 */
export function parseByteSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,15})(KiB|MiB|GiB)?$/.exec(text) ?? []
  if (digits === undefined) return undefined
  return Number(digits) * (unit === undefined ? 1 : (BYTES_OF[unit] ?? 1))
}

const BITS_OF: Readonly<Record<string, number>> = { k: 1e3, K: 1e3, M: 1e6, G: 1e9 }

/**
 * Reads `9600`, `64k`, `10M` or `2.5G` bits a second, as iperf has it: the prefixes are powers of 1,000.
 *
 * @returns bits a second, or undefined when the text is no bit rate
 */
export function parseBitRate(text: string): number | undefined {
  const [, digits, prefix] = /^(\d{1,12}(?:\.\d{1,9})?)([kKMG])?$/.exec(text) ?? []
  if (digits === undefined) return undefined
  return Number(digits) * (prefix === undefined ? 1 : (BITS_OF[prefix] ?? 1))
}

/** @returns a whole number written in decimal digits, or undefined */
export function parseInteger(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** @returns a number written in decimal digits with or without a fraction, or undefined */
export function parseDecimal(text: string): number | undefined {
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined
}
