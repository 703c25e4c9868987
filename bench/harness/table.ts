/** A table of Markdown whose columns line up; all but the first are of numbers, to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => aligned(row[column] ?? '', width, column)).join(' | ')} |`
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

function aligned(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width)
}
