import type { App, Command, Operand } from './command.ts'
import type { OptionDescription } from './option-description.ts'
import { describeOptions } from './option-description.ts'

const WIDTH = 80
const TEXT_COLUMN = 29
const NO_BREAK_SPACE = '\u00a0'

/** The text of `--help` for one command, at most 80 columns wide. */
export function help(app: App, command: Command): string {
  const isFirst = command === app.commands[0]
  const paragraphs = [
    [...wrap(`${app.name}: ${isFirst ? app.summary : command.summary}`, 0)],
    ['Usage:', ...usages(app, command)],
    ...(isFirst && app.commands.length > 1
      ? [['Commands:', ...app.commands.flatMap(commandRow)]]
      : []),
    ...(command.operands.length > 0
      ? [['Operands:', ...command.operands.flatMap(operandRow)]]
      : []),
    ...optionGroups(describeOptions(command.options)),
    ['General:', ...GENERAL.flatMap(([left, text]) => row(left, text))],
  ]
  return paragraphs.map((lines) => `${lines.join('\n')}\n`).join('\n')
}

const GENERAL = [
  ['-h, --help', 'show this'],
  ['    --version', 'show the version'],
  ['    --check', 'check options and environment, then exit'],
] as const

function usages(app: App, command: Command): string[] {
  const shown = command === app.commands[0] ? app.commands : [command]
  return shown.map(({ name, operands }, index) => {
    const words = operands.map(usageWord)
    const named = index === 0 && command === app.commands[0] ? `[${name}]` : name
    return `  ${[app.name, named, '[OPTION]...', ...words].join(' ')}`
  })
}

function usageWord({ name, optional, repeated }: Operand): string {
  const word = `${name}${repeated ? '...' : ''}`
  return optional ? `[${word}]` : word
}

function commandRow({ name, summary }: Command, index: number): string[] {
  return row(name, index === 0 ? `${summary} (the default)` : `${summary}; see ${name} --help`)
}

function operandRow({ name, description }: Operand): string[] {
  return row(name, description)
}

function optionGroups(descriptions: readonly OptionDescription[]): string[][] {
  const groups = Map.groupBy(descriptions, ({ group }) => group)
  return [...groups].map(([group, options]) => [`${group}:`].concat(options.flatMap(optionRow)))
}

function optionRow(option: OptionDescription): string[] {
  const { description, preset, environment, kind } = option
  const off = kind === 'flag' && preset !== undefined ? `; --no-${option.flag} turns it off` : ''
  const facts = [...(preset === undefined ? [] : [`default ${preset}`]), `env ${environment}`]
  return row(term(option), `${description}${off} ${keepTogether(`[${facts.join(', ')}]`)}`.trim())
}

function keepTogether(text: string): string {
  return text.length > WIDTH - TEXT_COLUMN ? text : text.replaceAll(' ', NO_BREAK_SPACE)
}

function term({ short, flag, kind, valueName }: OptionDescription): string {
  const letter = short === undefined ? '    ' : `-${short}, `
  return `${letter}--${flag}${kind === 'flag' ? '' : ` ${valueName}`}`
}

/** A term on the left and its text on the right, below each other when the term is long. */
function row(left: string, text: string): string[] {
  const lines = wrap(text, TEXT_COLUMN)
  const indented = `  ${left}`
  if (indented.length > TEXT_COLUMN - 1) return [indented, ...lines]
  return [indented.padEnd(TEXT_COLUMN) + (lines[0] ?? '').trimStart(), ...lines.slice(1)]
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map(
    (content) => ' '.repeat(indent) + content.replaceAll(NO_BREAK_SPACE, ' '),
  )
}
