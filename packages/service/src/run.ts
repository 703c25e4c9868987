import { parseArguments } from './arguments.ts'
import type { App, Command } from './command.ts'
import { configure } from './configuration.ts'
import { readEnvironment } from './environment.ts'
import type { Lifetime } from './lifetime.ts'
import { watchProcess } from './lifetime.ts'
import { describeOptions } from './option-description.ts'
import { checkOperands, selectCommand } from './select-command.ts'

/**
 * Runs an app as a process: reads the command line and the environment, runs one command and sets
 * the exit code. The first signal aborts `context.signal`, a second one ends the process at once.
 *
 * @param host the global `process`
 * @example
 * await run(process, { name: 'tcp-echo', summary: 'Echo over TCP (RFC 862)', commands: [serve] })
 */
export async function run(host: NodeJS.Process, app: App): Promise<void> {
  const lifetime = watchProcess(host, app.name)
  try {
    lifetime.end(await start(host, app, lifetime))
  } catch (error) {
    lifetime.fail(error)
  }
}

async function start(host: NodeJS.Process, app: App, lifetime: Lifetime): Promise<number> {
  const { command, rest } = selectCommand(app, host.argv.slice(2))
  const descriptions = describeOptions(command.options)
  const { help, version, check, values, operands } = parseArguments(rest, descriptions)
  if (help) return printHelp(host, app, command)
  if (version) return printVersion(host, app)
  checkOperands(command, operands)
  const environment = readEnvironment(host.env, descriptions)
  const options = configure(command.options, descriptions, { flags: values, environment })
  // What only a running command needs is loaded only then: --help and a typing error are quick.
  const { createContext } = await import('./context.ts')
  const context = createContext({ host, app, command, options, operands, lifetime })
  if (!check) return command.run(context)
  await command.check?.(context)
  return print(host, `${app.name}: the configuration is valid\n`)
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
