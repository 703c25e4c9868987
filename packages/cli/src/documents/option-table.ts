import type { CommandDescription } from '../command/command.ts'
import { optionFacts, optionTerm } from '../command/help.ts'
import { describeOptions, type OptionDescription } from '../options/option-description.ts'

/** Groups whose options every server has: they stand in one document, not in each README. */
export const SERVER_GROUPS: readonly string[] = ['Service', 'Daemon']

/**
 * The options of a command as a table in Markdown.
 *
 * @param shown whether the options of a group are shown
 */
export function optionTable(
  { options }: CommandDescription,
  shown: (group: string | undefined) => boolean,
): string {
  const rows = describeOptions(options)
    .filter(({ group }) => shown(group))
    .map((option) => [
      `\`${escapePipes(optionTerm(option).trim())}\``,
      option.kind === 'flag' && option.preset === undefined ? '' : escapePipes(option.preset ?? ''),
      escapePipes([option.description, ...requirement(option)].join('; ')),
    ])
  return markdownTable([['option', 'default', 'meaning'], ...rows])
}

function requirement(option: OptionDescription): string[] {
  return optionFacts(option).filter((fact) => fact.startsWith('requires'))
}

function escapePipes(words: string): string {
  return words.replaceAll('|', String.raw`\|`)
}

/** A table in Markdown, its columns aligned; the first row is the heading. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [header = [], ...others] = rows
  const widths = header.map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join(
    '\n',
  )
}
