import { UsageError } from '../errors/usage-error.ts'
import { describeOptions } from '../options/option-description.ts'
import { closest } from '../text/closest.ts'
import { type AppDescription, type CommandDescription, commandLine } from './command.ts'

/**
 * Finds the command that the first argument names; without a name it is the app's first. A `--` before
 * all others is passed over: `pnpm start -- ping` hands it on.
 *
 * @throws {UsageError} when the first argument is neither a command nor a possible operand
 */
export function selectCommand<Command extends CommandDescription>(
  app: AppDescription<Command>,
  words: readonly string[],
): { command: Command; rest: readonly string[] } {
  const [first] = app.commands
  const args = words[0] === '--' ? words.slice(1) : words
  const [name] = args
  if (name === undefined || name.startsWith('-')) return { command: first, rest: args }
  const named = app.commands.find((candidate) => candidate.name === name)
  if (named !== undefined) return { command: named, rest: args.slice(1) }
  if (first.operands.length > 0) return { command: first, rest: args }
  throw unknownWord(
    'command',
    name,
    app.commands.map((candidate) => candidate.name),
  )
}

/** `unknown command serv; did you mean serve?` or, when nothing is near, what there is. */
export function unknownWord(kind: string, word: string, known: readonly string[]): UsageError {
  const near = closest(word, known)
  const hint = near === undefined ? `there is ${known.join(', ')}` : `did you mean ${near}?`
  return new UsageError(kind, word, hint, `unknown ${kind} ${word}; ${hint}`)
}

/** @throws {UsageError} when an operand is missing or there is one too many */
export function checkOperands(command: CommandDescription, operands: readonly string[]): void {
  const missing = command.operands.find(
    (operand, index) => !operand.optional && operands[index] === undefined,
  )
  if (missing !== undefined)
    throw new UsageError(missing.name, undefined, 'is missing', `missing argument ${missing.name}`)
  const takesAll = command.operands.at(-1)?.repeated === true
  const extra = takesAll ? undefined : operands[command.operands.length]
  if (extra === undefined) return
  throw new UsageError('argument', extra, 'is unexpected', `unexpected argument: ${extra}`)
}

/** What to do about a flag that the command does not have: another command's, or one with a typing error. */
export function optionHint(app: AppDescription, command: CommandDescription, flag: string): string {
  if (flag === '--no-ipv4') return 'use --ipv6'
  if (flag === '--no-ipv6') return 'use --ipv4'
  const owner = app.commands.find((other) => other !== command && flagsOf(other).includes(flag))
  if (owner !== undefined) return `${commandLine(app, owner)} has it`
  const near = flag.startsWith('--') ? closest(flag, flagsOf(command)) : undefined
  return near === undefined ? '--help lists the options' : `did you mean ${near}?`
}

function flagsOf({ options }: CommandDescription): string[] {
  return describeOptions(options).flatMap(({ flag, short }) =>
    short === undefined ? [`--${flag}`] : [`--${flag}`, `-${short}`],
  )
}
