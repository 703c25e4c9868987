/** Control characters, and those that turn or hide text (Unicode, general categories Cc and Cf). */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Text of a service or peer, of which nothing is hidden: a character without a shape is shown as its number. */
export function visible(text, maximum = 200) {
  const shown = String(text).replace(
    INVISIBLE,
    (each) => `\\u{${each.codePointAt(0).toString(16)}}`,
  )
  return shown.length > maximum ? `${shown.slice(0, maximum)}…` : shown
}

const UNITS = ['B/s', 'kB/s', 'MB/s', 'GB/s']

/** Bytes per second, in units of 1,000. */
export function rate(bytesPerSecond) {
  const magnitude = bytesPerSecond < 1 ? 0 : Math.floor(Math.log10(bytesPerSecond) / 3)
  const unit = Math.min(UNITS.length - 1, magnitude)
  return `${(bytesPerSecond / 1_000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`
}
