import { parseArguments } from './arguments.ts'
import type { App, Command } from './command.ts'
import { configure } from './configuration.ts'
import type { createContext, Parts } from './context.ts'
import { readEnvironment } from './environment.ts'
import { UsageError } from './errors.ts'
import { isDaemon } from './is-daemon.ts'
import type { Lifetime } from './lifetime.ts'
import { watchProcess } from './lifetime.ts'
import { describeOptions } from './option-description.ts'
import { type PassedSockets, takeActivatedSockets, takeInetdSocket } from './passed-sockets.ts'
import { checkOperands, selectCommand } from './select-command.ts'
import { endStartUp } from './start-up.ts'

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
  const lifetime = watchProcess(host, app.name)
  try {
    if (inetd !== undefined) await complainToSyslog(lifetime, app)
    const passed = inetd ?? (await takeActivatedSockets(host))
    lifetime.end(await start(host, app, lifetime, passed))
  } catch (error) {
    lifetime.fail(error)
  }
}

async function start(
  host: NodeJS.Process,
  app: App,
  lifetime: Lifetime,
  passed: PassedSockets,
): Promise<number> {
  const { command, rest } = selectCommand(app, host.argv.slice(2))
  const descriptions = describeOptions(command.options)
  const { help, version, check, values, operands } = parseArguments(rest, descriptions)
  if (help) return printHelp(host, app, command)
  if (version) return printVersion(host, app)
  checkOperands(command, operands)
  const environment = readEnvironment(host.env, descriptions)
  const options = configure(command.options, descriptions, { flags: values, environment })
  const parts = { host, app, command, options, operands, lifetime, passed }
  // What only a running command needs is loaded only then: --help and a typing error are quick.
  const context = await (await import('./context.ts')).createContext(parts)
  // A server's start ends when it is ready.
  if (command.logSettings === undefined) endStartUp()
  if (command.detaches?.(options) === true && !check) return detach(parts, context)
  if (!check) return command.run(context)
  await command.check?.(context)
  return print(host, `${app.name}: the configuration is valid\n`)
}

/** A user who starts a daemon hears at once of what is wrong with the command line. */
async function detach(
  { host, command, lifetime, passed }: Parts,
  context: Awaited<ReturnType<typeof createContext>>,
): Promise<number> {
  if (isDaemon(host)) return command.run(context)
  if (passed.sockets.length > 0)
    throw new UsageError('--daemon', undefined, 'does not go with sockets that are passed to us')
  await command.check?.(context)
  const { startDaemon } = await import('./daemon.ts')
  return startDaemon(host, lifetime.signal)
}

/** Until the options are read nobody knows where else to complain: standard error is the client's. */
async function complainToSyslog(lifetime: Lifetime, app: App): Promise<void> {
  const { Syslog } = await import('@sockyard/posix/syslog')
  const syslog = new Syslog(app.name, 'daemon')
  lifetime.tellErrorsTo((line) => syslog.write('err', line, () => undefined))
}

async function printHelp(host: NodeJS.Process, app: App, command: Command): Promise<number> {
  const { help } = await import('./help.ts')
  return print(host, help(app, command))
}

async function printVersion(host: NodeJS.Process, app: App): Promise<number> {
  const { versionOf } = await import('./version.ts')
  return print(host, `${app.name} ${versionOf(host.argv[1] ?? '')}\n`)
}

function print(host: NodeJS.Process, text: string): number {
  host.stdout.write(text)
  return 0
}
