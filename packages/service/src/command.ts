import type { Readable, Writable } from 'node:stream'

import type { z } from 'zod'

import type { EventHub } from './event-hub.ts'
import type { LogSettings } from './log-settings.ts'
import type { Logger } from './log.ts'
import type { ManagerOptions, ServiceManager } from './service-manager.ts'

/** One positional argument of a command, in the order in which they are given. */
export interface Operand {
  /** As `--help` shows it: HOST[:PORT] */
  name: string
  description: string
  optional?: boolean
  /** The last operand may take all that are left. */
  repeated?: boolean
}

/** What a command gets instead of `process`. */
export interface CommandContext<Options> {
  options: Options
  operands: readonly string[]
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, and when nobody reads the output any more. */
  signal: AbortSignal
  /** From now on SIGHUP calls `reload` and ends nothing. */
  onHangup: (reload: () => void) => void
  /** A client's log goes to standard error, a server's to standard output. */
  log: Logger
  /** Every log line again, as JSON. */
  events: Pick<EventHub, 'subscribe'>
  /** Whoever started this process and waits to hear from it; for servers. */
  manager: (options: ManagerOptions) => Promise<ServiceManager>
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** Whether standard output is a terminal. */
  isTerminal: boolean
  /** Nanoseconds since 1970. */
  now: () => bigint
}

/** One thing an app can do; `Options` is the strict zod object its flags are made from. */
export interface Command<Options extends z.ZodObject = z.ZodObject> {
  name: string
  summary: string
  operands: readonly Operand[]
  options: Options
  /** Runs to its end and gives the exit code. */
  run(context: CommandContext<z.output<Options>>): Promise<number>
  /** What `--check` does beyond reading the options; throws UsageError. */
  check?(context: CommandContext<z.output<Options>>): Promise<void>
  /** A server's log goes to standard output; without this, warnings go to standard error as text. */
  logSettings?(options: z.output<Options>, isTerminal: boolean): LogSettings
  /** Whether it shall run as a daemon (`--daemon`). */
  detaches?(options: z.output<Options>): boolean
}

/** An executable: the first command runs when none is named. */
export interface App {
  name: string
  summary: string
  commands: readonly [Command, ...Command[]]
}

/**
 * Makes a command, so that `context.options` has the types of the schema.
 *
 * @example
 * const ping = command({
 *   name: 'ping',
 *   summary: 'Measure round trips',
 *   operands: [{ name: 'HOST[:PORT]', description: 'whom to ask' }],
 *   options: z.strictObject({ count: count() }),
 *   run: async ({ options, operands, signal }) => 0,
 * })
 */
export function command<Options extends z.ZodObject>(definition: Command<Options>): Command {
  return definition
}
