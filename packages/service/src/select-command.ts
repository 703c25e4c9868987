import type { App, Command } from './command.ts'
import { UsageError } from './errors.ts'

/**
 * Finds the command that the first argument names; without a name it is the app's first. A `--` before
 * all others is passed over: `pnpm start -- ping` hands it on.
 *
 * @throws {UsageError} when the first argument is neither a command nor a possible operand
 */
export function selectCommand(
  app: App,
  words: readonly string[],
): { command: Command; rest: readonly string[] } {
  const [first] = app.commands
  const args = words[0] === '--' ? words.slice(1) : words
  const [name] = args
  if (name === undefined || name.startsWith('-')) return { command: first, rest: args }
  const named = app.commands.find((candidate) => candidate.name === name)
  if (named !== undefined) return { command: named, rest: args.slice(1) }
  if (first.operands.length > 0) return { command: first, rest: args }
  const names = app.commands.map((candidate) => candidate.name).join(', ')
  throw new UsageError('command', name, `unknown command (there is ${names})`)
}

/** @throws {UsageError} when an operand is missing or there is one too many */
export function checkOperands(command: Command, operands: readonly string[]): void {
  const missing = command.operands.find(
    (operand, index) => !operand.optional && operands[index] === undefined,
  )
  if (missing !== undefined) throw new UsageError(missing.name, undefined, 'is missing')
  const takesAll = command.operands.at(-1)?.repeated === true
  const extra = takesAll ? undefined : operands[command.operands.length]
  if (extra !== undefined) throw new UsageError('operand', extra, 'is one too many')
}
