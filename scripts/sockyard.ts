// `sockyard` without an app: what there is, the whole topology, completion and manual pages. `sockyard APP …` starts
// apps/APP/src/main.ts itself.
import { apps } from '@sockyard/catalog'
import {
  type AppDescription,
  checkOperands,
  type CommandDescription,
  help,
  helpWidth,
  optionHint,
  selectCommand,
  unknownWord,
} from '@sockyard/cli/command'
import { completion, manPage, SHELLS } from '@sockyard/cli/documents'
import { UsageError } from '@sockyard/cli/errors'
import {
  configure,
  describeOptions,
  flag,
  parseArguments,
  readEnvironment,
} from '@sockyard/cli/options'
import { versionOf } from '@sockyard/cli/text'
import { z } from 'zod'

import { loadApp, loadApps } from './apps.ts'
import { table, topology, withConsole } from './topology.ts'
import { up } from './up.ts'

interface Command extends CommandDescription {
  run(operands: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number>
}

const list: Command = {
  name: 'list',
  summary: 'list the apps, what they listen on and their admin ports',
  operands: [],
  options: z.strictObject({}),
  examples: [{ args: '', description: 'all apps' }],
  async run() {
    const rows = apps.map(({ name, endpoints, adminPort, summary }) => {
      const addresses = endpoints.map(({ transport, port }) => `${transport} ${port}`)
      const shown = addresses.length > 4 ? [...addresses.slice(0, 2), '…'] : addresses
      return [name, shown.join(', '), String(adminPort ?? ''), summary]
    })
    print(`${listing(rows)}\n`)
    return 0
  },
}

const upCommand: Command = {
  name: 'up',
  summary: 'run the topology, or some apps of it, as processes of this host until stopped',
  operands: [
    { name: 'APP', description: 'only these apps; default: all', optional: true, repeated: true },
  ],
  options: z.strictObject({
    quiet: flag().meta({ description: 'only errors of the apps' }),
  }),
  examples: [
    { args: '', description: 'everything, as npm start' },
    { args: 'tcp-echo chat --quiet', description: 'two servers, and what measures them' },
  ],
  run: (names, { quiet }) =>
    up(withConsole(names.length === 0 ? topology : chosen(names)), quiet === true),
}

const completionCommand: Command = {
  name: 'completion',
  summary: 'print the completion script of a shell',
  operands: [{ name: 'SHELL', description: SHELLS.join(', ') }],
  options: z.strictObject({}),
  examples: [{ args: 'bash', description: 'for source <(…)' }],
  async run([name = '']) {
    const shell = SHELLS.find((known) => known === name)
    if (shell === undefined) throw unknownWord('shell', name, SHELLS)
    print(completion(shell, sockyard, await loadApps()))
    return 0
  },
}

const man: Command = {
  name: 'man',
  summary: 'print a manual page in mdoc(7), for man -l -',
  operands: [{ name: 'APP', description: 'an app; default: sockyard itself', optional: true }],
  options: z.strictObject({}),
  examples: [{ args: 'tcp-echo', description: 'of tcp-echo' }],
  async run([name = 'sockyard']) {
    const names = ['sockyard', ...apps.map((app) => app.name)]
    if (!names.includes(name)) throw unknownWord('app', name, names)
    const epoch = process.env['SOURCE_DATE_EPOCH']
    const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000)
    print(manPage(name === 'sockyard' ? sockyard : await loadApp(name), date))
    return 0
  },
}

/** The command itself; apps are commands beside these. */
export const sockyard: AppDescription<Command> = {
  name: 'sockyard',
  summary: 'small, real socket services, and the clients that measure them',
  commands: [list, upCommand, completionCommand, man],
}

/** As its help shows it: an app is run by its name, like a command. */
const withApps: AppDescription = {
  ...sockyard,
  commands: [
    list,
    {
      name: 'APP',
      summary: 'run an app; "sockyard APP --help" shows its commands and options',
      operands: [],
      options: z.strictObject({}),
    },
    ...sockyard.commands.slice(1),
  ],
}

/** One line for each app; on a terminal too narrow for that, its summary on a line of its own. */
function listing(rows: readonly string[][]): string {
  const wide = table([['APP', 'LISTENS ON', 'ADMIN', ''], ...rows])
  const { isTTY, columns } = process.stdout
  const width = isTTY ? helpWidth(process.env['COLUMNS'], columns) : Number.POSITIVE_INFINITY
  if (wide.split('\n').every((line) => line.length <= width)) return wide
  const facts = table([['APP', 'LISTENS ON', 'ADMIN'], ...rows.map((row) => row.slice(0, 3))])
  const [head, ...lines] = facts.split('\n')
  return [head, ...lines.flatMap((line, index) => [line, `  ${rows[index]?.[3]}`])].join('\n')
}

/** In the order of the topology, each once, whatever was named. */
function chosen(names: readonly string[]): typeof topology {
  const named = new Set(names.flatMap(membersOf))
  return topology.filter((member) => named.has(member))
}

function membersOf(name: string): typeof topology {
  const members = topology.filter((member) => member.app === name || member.name === name)
  const known = [...new Set(topology.flatMap((member) => [member.app, member.name]))]
  if (members.length === 0) throw unknownWord('app', name, known)
  return members
}

function print(text: string): void {
  process.stdout.write(text)
}

async function main(words: readonly string[]): Promise<number> {
  const [first = ''] = words
  const known = [...apps, ...sockyard.commands].map(({ name }) => name)
  if (/^\w/.test(first) && !known.includes(first)) throw unknownWord('command', first, known)
  const { command, rest } = selectCommand(sockyard, words)
  const descriptions = describeOptions(command.options)
  const hint = (option: string): string => optionHint(sockyard, command, option)
  const { common, values, operands } = parseArguments(rest, descriptions, hint)
  if (common.help || common['help-all']) {
    const width = helpWidth(process.env['COLUMNS'], process.stdout.columns)
    print(help(command === list ? withApps : sockyard, command, { width, all: common['help-all'] }))
    return 0
  }
  if (common.version) {
    print(`sockyard ${versionOf(import.meta.filename)}\n`)
    return 0
  }
  checkOperands(command, operands)
  const environment = readEnvironment(process.env, descriptions)
  const options = configure(command.options, descriptions, { flags: values, environment })
  return common.check ? 0 : command.run(operands, options)
}

/** Runs the command line of this process, and sets its exit code. */
export async function runSockyard(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`sockyard: ${error.message}\n`)
    process.exitCode = 2
  }
}

if (import.meta.main) await runSockyard()
