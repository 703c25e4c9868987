import { env } from 'node:process'
import type { Writable } from 'node:stream'

import stringWidth from 'string-width'

/** What a terminal can show. */
export interface Terminal {
  /** How wide it is now; Infinity when that is not known. */
  readonly columns: number
  /** Whether it can erase a line; `TERM=dumb` cannot. */
  readonly canErase: boolean
}

/** The terminal that `stdout` is; undefined when it is none. */
export function terminalOf(stdout: Writable, isTerminal: boolean): Terminal | undefined {
  if (!isTerminal) return undefined
  return {
    get columns() {
      // A terminal of unknown size has 0.
      const columns = 'columns' in stdout ? Number(stdout.columns) : 0
      return columns > 0 ? columns : Infinity
    },
    canErase: env['TERM'] !== 'dumb',
  }
}

/** Between two fields, as in `received 3  lost 0`, not within one, as in `lost     0`. */
const BETWEEN_FIELDS = / {2,}(?=[^\d\s])/
const CONTINUATION = '    '

/** Puts fields that do not fit into a line of the terminal on the next one, whole. */
export function breakLines(text: string, terminal: Terminal | undefined): string {
  const { columns = Infinity } = terminal ?? {}
  if (columns === Infinity) return text
  return text
    .split('\n')
    .map((line) => (fits(line, columns) ? line : breakLine(line, columns)))
    .join('\n')
}

function breakLine(line: string, columns: number): string {
  const [first = '', ...fields] = line.split(BETWEEN_FIELDS)
  const lines = [first]
  for (const field of fields) {
    const longer = `${lines.at(-1)}  ${field}`
    if (fits(longer, columns)) lines[lines.length - 1] = longer
    else lines.push(`${CONTINUATION}${field}`)
  }
  return lines.join('\n')
}

/** As many fields as fit into one line; of the first one as much as fits. */
export function cutLine(line: string, terminal: Terminal | undefined): string {
  const { columns = Infinity } = terminal ?? {}
  const [first = ''] = breakLine(line, columns).split('\n', 1)
  if (fits(first, columns)) return first
  let cut = ''
  for (const { segment } of new Intl.Segmenter().segment(first)) {
    if (!fits(cut + segment, columns)) break
    cut += segment
  }
  return cut
}

/** The last column stays free: what is written there may wrap, or be written over. */
function fits(line: string, columns: number): boolean {
  return stringWidth(line) < columns
}
