/** Three figures that count, with k and M: 12.3 k, 4.56 M. */
export function short(value: number): string {
  if (Number.isNaN(value)) return '?'
  const size = Math.abs(value)
  if (size >= 1e9) return `${figures(value / 1e9)} G`
  if (size >= 1e6) return `${figures(value / 1e6)} M`
  if (size >= 1e4) return `${figures(value / 1e3)} k`
  return size >= 1000 ? String(Math.round(value)) : figures(value)
}

function figures(value: number): string {
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return String(Number(value.toFixed(Math.min(digits, 3))))
}
