import type { z } from 'zod'

/** One positional argument of a command, in the order in which they are given. */
export interface Operand {
  /** As the help shows it: HOST[:PORT] */
  name: string
  description: string
  optional?: boolean
  /** The last operand may take all that are left. */
  repeated?: boolean
}

/** A command line that a user can type, in the help and in the man page; the tests run it. */
export interface Example {
  /** What follows the names of the app and of the command: `localhost --count 4` */
  args: string
  description: string
}

/** One thing an app can do, as far as the command line, the help and the man page need to know it. */
export interface CommandDescription {
  name: string
  summary: string
  operands: readonly Operand[]
  /** The strict zod object that the flags and the environment variables are made from. */
  options: z.ZodObject
  examples?: readonly Example[]
}

/** An executable: the first command runs when none is named. */
export interface AppDescription<Command extends CommandDescription = CommandDescription> {
  name: string
  summary: string
  commands: readonly [Command, ...Command[]]
}

/** What every command ends with, in the help and in the man page. */
export const EXIT_CODES = [
  [0, 'done'],
  [1, 'network failure or threshold not met'],
  [2, 'usage error'],
] as const

/** The words before the options: `sockyard tcp-echo ping`, and without `ping` for what runs unnamed. */
export function commandLine(app: AppDescription, command: CommandDescription): string {
  const words = app.name === 'sockyard' ? [] : [app.name]
  return ['sockyard', ...words, ...(command === app.commands[0] ? [] : [command.name])].join(' ')
}

/** The operands as a usage line has them: `HOST[:PORT] [TEXT]`, `NAME...` */
export function operandWords({ operands }: CommandDescription): string[] {
  return operands.map(({ name, optional, repeated }) => {
    const word = `${name}${repeated ? '...' : ''}`
    return optional ? `[${word}]` : word
  })
}
