/** A line of inetd.conf with its continuations, in fields. */
export interface FieldLine {
  /** Of the first of its lines, counted from 1. */
  line: number
  fields: string[]
}

/** A word, or what stands in quotes; a quote that nobody closed reaches to the end of the line. */
const FIELD = /"([^"]*)(?:"|$)|'([^']*)(?:'|$)|(\S+)/g

/**
 * The entries of inetd.conf: `#` begins a comment line; a line that begins with a space or a tab goes on with the
 * entry before it.
 */
export function splitLines(text: string): FieldLine[] {
  const entries: FieldLine[] = []
  let open: FieldLine | undefined
  for (const [index, content] of text.split(/\r?\n|\r/).entries()) {
    const fields = fieldsOf(content)
    if (fields.length === 0) open = undefined
    else if (open !== undefined && /^[ \t]/.test(content)) open.fields.push(...fields)
    else entries.push((open = { line: index + 1, fields }))
  }
  return entries
}

function fieldsOf(content: string): string[] {
  if (content.trimStart().startsWith('#')) return []
  return [...content.matchAll(FIELD)].map(
    ([, double, single, word]) => double ?? single ?? word ?? '',
  )
}
