import { NO_BREAK_SPACE, wrap } from '@sockyard/cli/text'

import type { Link } from './verdict.ts'

/** Of a terminal of 80 columns, behind the label of the line. */
const COLUMNS = 66

const MARKS = { ok: ' ok', broken: ' BROKEN', unreached: '', unknown: ' ?' } as const

/**
 * The way of a packet, drawn in lines of at most 66 columns: links are tied with `->`, behind the one that breaks with
 * `-x-`, and those that no packet came to have no mark.
 */
export function chainLines(links: readonly Link[]): string[] {
  const pieces = links.map(({ name, state }, index) => {
    const tie = state === 'broken' ? ' -x-' : ' ->'
    return `${name}${MARKS[state]}${index === links.length - 1 ? '' : tie}`
  })
  return wrap(pieces.map((piece) => piece.replaceAll(' ', NO_BREAK_SPACE)).join(' '), COLUMNS)
}
