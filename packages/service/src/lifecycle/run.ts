import { checkOperands, help, helpWidth, optionHint, selectCommand } from '@sockyard/cli/command'
import { UsageError } from '@sockyard/cli/errors'
import { configure, describeOptions, parseArguments, readEnvironment } from '@sockyard/cli/options'
import {
  type PassedDescriptors,
  takeActivatedSockets,
  takeInetdSocket,
} from '@sockyard/net/activation'

import type { App, Command, CommandContext } from './command.ts'
import type { Invocation } from './context.ts'
import { ProcessLifecycle } from './process-lifecycle.ts'
import { endStartUp, isDaemon } from './start-up.ts'

/**
 * Runs an app as a process: reads the command line and the environment, runs one command and sets
 * the exit code. The first signal aborts `context.signal`, a second one ends the process at once.
 *
 * @param host the global `process`
 * @example
 * await run(process, { name: 'tcp-echo', summary: 'Echo over TCP (RFC 862)', commands: [serve] })
 */
export async function run(host: NodeJS.Process, app: App): Promise<void> {
  const inetd = await takeInetdSocket(host)
  const lifecycle = new ProcessLifecycle(host, app.name)
  try {
    if (inetd !== undefined) await reportErrorsToSyslog(lifecycle, app)
    const passed = inetd ?? (await takeActivatedSockets(host))
    lifecycle.end(await start(host, app, lifecycle, passed))
  } catch (error) {
    lifecycle.fail(error)
  }
}

async function start(
  host: NodeJS.Process,
  app: App,
  lifecycle: ProcessLifecycle,
  passed: PassedDescriptors,
): Promise<number> {
  const { command, rest } = selectCommand(app, host.argv.slice(2))
  const descriptions = describeOptions(command.options)
  const hint = (flag: string): string => optionHint(app, command, flag)
  const { common, values, operands } = parseArguments(rest, descriptions, hint)
  const { check } = common
  if (common.help || common['help-all']) return printHelp(host, app, command, common['help-all'])
  if (common.version) return printVersion(host, app)
  checkOperands(command, operands)
  const environment = readEnvironment(host.env, descriptions)
  const options = configure(command.options, descriptions, { flags: values, environment })
  const invocation = { host, app, command, options, operands, lifecycle, passed }
  // What only a running command needs is loaded only then: --help and a typing error are quick.
  const context = await (await import('./context.ts')).createContext(invocation)
  // A server's start ends when it is ready.
  if (command.logSettings === undefined) endStartUp()
  if (command.detaches?.(options) === true && !check) return detach(invocation, context)
  if (!check) return command.run(context)
  await command.check?.(context)
  return print(host, `${app.name}: the configuration is valid\n`)
}

/** What is wrong with the command line is reported before the daemon is detached. */
async function detach(
  { host, command, lifecycle, passed }: Invocation,
  context: CommandContext<Record<string, unknown>>,
): Promise<number> {
  if (isDaemon(host)) return command.run(context)
  if (passed.sockets.length > 0)
    throw new UsageError(
      '--daemon',
      undefined,
      'cannot be combined with sockets that are passed to this process',
    )
  await command.check?.(context)
  const { startDaemon } = await import('../daemon/daemon.ts')
  return startDaemon(host, lifecycle.signal)
}

/** Until the options are read there is no other place: standard error is the client's. */
async function reportErrorsToSyslog(lifecycle: ProcessLifecycle, app: App): Promise<void> {
  const { Syslog } = await import('@sockyard/posix/process')
  const syslog = new Syslog(app.name, 'daemon')
  lifecycle.reportErrorsTo((line) => syslog.write('err', line, () => undefined))
}

function printHelp(host: NodeJS.Process, app: App, command: Command, all: boolean): number {
  const width = helpWidth(host.env['COLUMNS'], host.stdout.columns)
  return print(host, help(app, command, { width, all }))
}

async function printVersion(host: NodeJS.Process, app: App): Promise<number> {
  const { versionOf } = await import('@sockyard/cli/text')
  return print(host, `${app.name} ${versionOf(host.argv[1] ?? '')}\n`)
}

function print(host: NodeJS.Process, text: string): number {
  host.stdout.write(text)
  return 0
}
