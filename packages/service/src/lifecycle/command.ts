import type { Readable, Writable } from 'node:stream'

import type { AppDescription, CommandDescription } from '@sockyard/cli/command'
import type { z } from 'zod'

import type { ClientAdmin, ClientMeasurement } from '../admin/client-admin.ts'
import type { EventHub } from '../admin/events.ts'
import type { ManagerOptions, ServiceManager } from '../daemon/service-manager.ts'
import type { LogSettings } from '../log/log-format.ts'
import type { Logger } from '../log/log.ts'

/** What a command gets instead of `process`. */
export interface CommandContext<Options> {
  options: Options
  operands: readonly string[]
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, and when the reader of the output has closed it. */
  signal: AbortSignal
  /** From now on SIGHUP calls `reload` and ends nothing. */
  onHangup: (reload: () => void) => void
  /** A client's log goes to standard error, a server's to standard output. */
  log: Logger
  /** Every log line again, as JSON. */
  events: Pick<EventHub, 'subscribe' | 'after'>
  /**
   * Takes what a client reports as a line of JSON, for `/events`; undefined without `--admin-port`.
   */
  publishEvent: ((json: string) => void) | undefined
  /** How many log lines were dropped because their reader is slow or the disk is full. */
  droppedLogLines: () => number
  /** The program that started this server: a shell, inetd or systemd. */
  manager: (options: ManagerOptions) => Promise<ServiceManager>
  /**
   * Opens the admin endpoint of a client where `--admin-port` was given (`clientAdminOptions`).
   *
   * @throws {NetworkError} AddressInUseError when the port is taken
   */
  openAdmin: (measured: ClientMeasurement) => Promise<ClientAdmin | undefined>
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** Whether standard output is a terminal. */
  isTerminal: boolean
  /** Nanoseconds since 1970. */
  now: () => bigint
}

/** One thing an app can do; `Options` is the strict zod object its flags are made from. */
export interface Command<Options extends z.ZodObject = z.ZodObject> extends CommandDescription {
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
export type App = AppDescription<Command>

/**
 * Makes a command, so that `context.options` has the types of the schema.
 *
 * @example
 * const ping = command({
 *   name: 'ping',
 *   summary: 'Measure round trips',
 *   operands: [{ name: 'HOST[:PORT]', description: 'an echo server' }],
 *   options: z.strictObject({ count: count() }),
 *   run: async ({ options, operands, signal }) => 0,
 * })
 */
export function command<Options extends z.ZodObject>(definition: Command<Options>): Command {
  return definition
}
