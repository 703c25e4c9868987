/** A measure as CSV (RFC 4180): times in RFC 3339, and of each line its value and the bounds of its band. */
export function csvOf({ times, lines }) {
  const heads = lines.flatMap(({ label }) => [label, `${label} low`, `${label} high`])
  const rows = times.map((time, at) => [
    new Date(time * 1_000).toISOString(),
    ...lines.flatMap(({ middle, low, high }) => [middle[at], low[at], high[at]]),
  ])
  return [['time', ...heads], ...rows].map((row) => `${row.map(fieldOf).join(',')}\r\n`).join('')
}

/** What a spreadsheet would take for a formula is text to it behind an apostrophe. */
function fieldOf(value) {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Has the browser save it. */
export function save(name, blob) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 0)
}
