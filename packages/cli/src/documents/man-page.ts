import {
  type AppDescription,
  commandLine,
  type CommandDescription,
  type Example,
  EXIT_CODES,
  type Operand,
} from '../command/command.ts'
import { optionFacts } from '../command/help.ts'
import { describeOptions, type OptionDescription } from '../options/option-description.ts'
import { wrap } from '../text/wrap.ts'

/** Lines of more than 80 bytes are bad style in mdoc(7), and escapes make them longer. */
const LINE_LENGTH = 72

/**
 * The manual page of an app, in mdoc(7).
 *
 * @param date of the page
 */
export function manPage(app: AppDescription, date: Date): string {
  const name = app.name === 'sockyard' ? app.name : `sockyard-${app.name}`
  const lines = [
    `.Dd ${date.toLocaleDateString('en-US', { dateStyle: 'long', timeZone: 'UTC' })}`,
    `.Dt ${name.toUpperCase()} 1`,
    '.Os',
    '.Sh NAME',
    `.Nm ${name}`,
    `.Nd ${escape(app.summary)}`,
    '.Sh SYNOPSIS',
    ...app.commands.flatMap((command) => synopsis(app, command)),
    '.Sh DESCRIPTION',
    ...app.commands.flatMap((command) => description(app, command)),
    '.Ss Options of every command',
    ...list([
      ['.It Fl h , Fl -help', 'Show the common options.'],
      ['.It Fl -help-all', 'Show all options.'],
      ['.It Fl -version', 'Show the version.'],
      ['.It Fl -check', 'Check options and environment, then exit.'],
    ]),
    '.Sh ENVIRONMENT',
    ...text('Every option is also an environment variable,'),
    '.Ev SOCKYARD_MAX_SIZE',
    'for',
    '.Fl -max-size .',
    'A flag wins.',
    '.Sh EXIT STATUS',
    ...list(EXIT_CODES.map(([code, meaning]) => [`.It ${code}`, `${capital(meaning)}.`])),
    ...examples(app),
  ]
  return `${lines.join('\n')}\n`
}

function synopsis(app: AppDescription, command: CommandDescription): string[] {
  const operands = command.operands.map(({ name, optional, repeated }) => {
    const word = `Ar ${escape(name)}${repeated ? ' ...' : ''}`
    return optional ? `.Op ${word}` : `.${word}`
  })
  return [`.Nm "${commandLine(app, command)}"`, '.Op Ar option ...', ...operands]
}

function description(app: AppDescription, command: CommandDescription): string[] {
  const options = describeOptions(command.options)
  const operands = command.operands.map(operandItem)
  return [
    `.Ss ${escape(commandLine(app, command))}`,
    ...text(`${capital(command.summary)}.`),
    ...(operands.length === 0 && options.length === 0
      ? []
      : list([...operands, ...options.map(optionItem)])),
  ]
}

/** The line of a macro, and the text below it. */
type Item = readonly [macro: string, text: string]

function operandItem({ name, description: meaning }: Operand): Item {
  return [`.It Ar ${escape(name)}`, `${capital(meaning)}.`]
}

function optionItem(option: OptionDescription): Item {
  const { short, flag, kind, valueName, description: meaning } = option
  const letter = short === undefined ? '' : `Fl ${short} , `
  const value = kind === 'flag' ? '' : ` Ar ${escape(valueName)}`
  const sentences = [meaning, ...optionFacts(option)].map((sentence) => `${capital(sentence)}.`)
  return [`.It ${letter}Fl -${flag}${value}`, sentences.join('\n')]
}

function list(items: readonly Item[]): string[] {
  const rows = items.flatMap(([macro, meaning]) => [macro, ...meaning.split('\n').flatMap(text)])
  return ['.Bl -tag -width Ds', ...rows, '.El']
}

function examples(app: AppDescription): string[] {
  const shown = app.commands.flatMap((command) =>
    (command.examples ?? []).flatMap((example) => exampleLines(commandLine(app, command), example)),
  )
  return shown.length === 0 ? [] : ['.Sh EXAMPLES', ...shown]
}

function exampleLines(command: string, { args, description: meaning }: Example): string[] {
  return [...text(`${capital(meaning)}:`), `.Dl ${escape(`$ ${command} ${args}`.trimEnd())}`]
}

/** Text in lines that are not too long; none begins like a macro. */
function text(words: string): string[] {
  return wrap(words, LINE_LENGTH).map((line) => escape(line))
}

/** What roff would take for its own, and letters beyond ASCII. */
function escape(words: string): string {
  return (
    words
      .replaceAll('\\', String.raw`\e`)
      // mandoc takes a word before () for a function that lacks its macro.
      .replaceAll('()', String.raw`(\&)`)
      .replaceAll(/\P{ASCII}/gu, (letter) => {
        const code = letter.codePointAt(0) ?? 0
        return `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`
      })
      .replace(/^[.']/, (letter) => String.raw`\&${letter}`)
  )
}

function capital(words: string): string {
  const [first = '', second = ''] = words
  // `IPv4` and `--check` stay as they are.
  return /[a-z]/.test(first) && !/[A-Z]/.test(second) ? first.toUpperCase() + words.slice(1) : words
}
