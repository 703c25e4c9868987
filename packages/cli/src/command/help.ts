import {
  describeOptions,
  kebabCase,
  type OptionDescription,
} from '../options/option-description.ts'
import { NO_BREAK_SPACE, wrap } from '../text/wrap.ts'
import {
  type AppDescription,
  commandLine,
  type CommandDescription,
  EXIT_CODES,
  operandWords,
} from './command.ts'

const USUAL_WIDTH = 80
const NARROWEST = 40
/** Longer lines are hard to read. */
const WIDEST = 100

interface HelpSettings {
  /** Columns; see `helpWidth`. */
  width: number
  /** All options, under their headings; otherwise the common ones. */
  all: boolean
}

/** A term and its text, the rows of a help. */
type Row = readonly [term: string, text: string]

/** The columns of a help: COLUMNS (POSIX), or those of the terminal, or 80. */
export function helpWidth(columns: string | undefined, terminal: number | undefined): number {
  const wanted = /^[1-9]\d*$/.test(columns ?? '') ? Number(columns) : (terminal ?? USUAL_WIDTH)
  return Math.min(WIDEST, Math.max(NARROWEST, wanted))
}

/** The text of `--help` or `--help-all` for one command. */
export function help(
  app: AppDescription,
  command: CommandDescription,
  { width, all }: HelpSettings,
): string {
  const options = describeOptions(command.options)
  const operands = command.operands.map(({ name, description }): Row => [name, description])
  const shown = options.filter(({ isCommon }) => all || isCommon)
  const table = (rows: readonly Row[]): string[] => layOut(rows, width)
  const sections = [
    [...wrap(title(app, command), width), ...wrap(usage(app, command), width)],
    titled('Commands:', table(command === app.commands[0] ? otherCommands(app) : [])),
    ...(all
      ? [
          titled('Arguments:', table(operands)),
          ...groups(shown).map(([group, rows]) => titled(`${group}:`, table(rows))),
        ]
      : [titled('Arguments and options:', table([...operands, ...rowsOf(shown)]))]),
    titled('General:', table(all ? GENERAL : [])),
    titled('Examples:', examples(app, command, width)),
    closing(options.length > shown.length, all).flatMap((text) => wrap(text, width)),
  ]
  const texts = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'))
  return `${texts.join('\n\n')}\n`
}

function title(app: AppDescription, command: CommandDescription): string {
  const isFirst = command === app.commands[0]
  return isFirst ? `${app.name}: ${app.summary}` : `${app.name} ${command.name}: ${command.summary}`
}

function usage(app: AppDescription, command: CommandDescription): string {
  const [first, ...others] = app.commands
  const words = operandWords(command)
  const name = command === first && others.length > 0 ? ` [${first.name}]` : ''
  return ['Usage:', commandLine(app, command) + name, '[OPTION]...', ...words].join(' ')
}

function titled(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [heading, ...lines]
}

function otherCommands({ commands }: AppDescription): Row[] {
  const [, ...others] = commands
  return others.map(({ name, summary }) => [name, summary])
}

/** The options under their headings, in the order of the schema. */
function groups(options: readonly OptionDescription[]): [string, Row[]][] {
  const byGroup = Map.groupBy(options, ({ group }) => group ?? 'Options')
  return [...byGroup].map(([group, members]) => [group, rowsOf(members)])
}

function rowsOf(options: readonly OptionDescription[]): Row[] {
  return options.map((option) => [optionTerm(option), optionText(option)])
}

const GENERAL: readonly Row[] = [
  ['-h, --help', 'show the common options'],
  ['    --help-all', 'show all options'],
  ['    --version', 'show the version'],
  ['    --check', 'check options and environment, then exit'],
]

/** `-p, --port PORT` */
export function optionTerm({ short, flag, kind, valueName }: OptionDescription): string {
  const letter = short === undefined ? '    ' : `-${short}, `
  return `${letter}--${flag}${kind === 'flag' ? '' : ` ${valueName}`}`
}

/** What a user has to know beside the description: `requires --daemon`, `default: 3111`. */
export function optionFacts({ preset, kind, flag, requires }: OptionDescription): string[] {
  const needed = requires === undefined ? [] : [`requires --${kebabCase(requires)}`]
  if (preset === undefined) return needed
  return [...needed, kind === 'flag' ? `off: --no-${flag}` : `default: ${preset}`]
}

const LONGEST_UNBROKEN = 30

/** The description and the facts: `port to listen on (default: 3111)`. */
function optionText(option: OptionDescription): string {
  // A short fact stays on one line, a long one would not fit a narrow terminal.
  const facts = optionFacts(option).map((fact) =>
    fact.length <= LONGEST_UNBROKEN ? fact.replaceAll(' ', NO_BREAK_SPACE) : fact,
  )
  return facts.length === 0 ? option.description : `${option.description} (${facts.join('; ')})`
}

function examples(app: AppDescription, command: CommandDescription, width: number): string[] {
  return (command.examples ?? []).map(({ args, description }) => {
    const line = `  ${commandLine(app, command)} ${args}`.trimEnd()
    const explained = `${line}  # ${description}`
    return explained.length > width ? line : explained
  })
}

function closing(hasMore: boolean, all: boolean): string[] {
  const codes = EXIT_CODES.map(([code, meaning]) => `${code} ${meaning}`).join('; ')
  const environment =
    'Every option is also an environment variable (--max-size: SOCKYARD_MAX_SIZE); a flag wins.'
  const more = hasMore ? ['--help-all lists all options.'] : []
  return [`Exit codes: ${codes}.`, ...(all ? [environment] : more)]
}

/** Terms on the left and their texts on the right, below a term that is too long for its column. */
function layOut(rows: readonly Row[], width: number): string[] {
  const widest = Math.floor(width / 3)
  const lengths = rows.map(([term]) => term.length).filter((length) => length <= widest)
  const column = Math.max(...lengths, 8) + 4
  return rows.flatMap(([term, text]) => {
    const lines = wrap(text, width - column)
    const start = `  ${term}`
    const isLong = start.length > column - 1
    const first = isLong ? [start] : [start.padEnd(column) + (lines.shift() ?? '')]
    return [...first, ...lines.map((line) => ' '.repeat(column) + line)]
  })
}
