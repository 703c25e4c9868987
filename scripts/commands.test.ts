import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { apps } from '@sockyard/catalog'
import { type AppDescription, help } from '@sockyard/cli/command'
import { completion, manPage, SHELLS } from '@sockyard/cli/documents'
import { configure, describeOptions } from '@sockyard/cli/options'
import { describe, expect, test } from 'vitest'

import { loadApps } from './apps.ts'
import { documents } from './option-tables.ts'
import { serviceDocument } from './service-table.ts'
import { sockyard } from './sockyard.ts'

const all: readonly AppDescription[] = [sockyard, ...(await loadApps())]
const commands = all.flatMap((app) =>
  app.commands.map((command) => ({ name: `${app.name} ${command.name}`, app, command })),
)
const SCREEN = 24
/** The list of all experiments is longer. */
const LONG = new Map([['lab list', 40]])

test.each(commands)('--help of $name fits a screen', ({ name, app, command }) => {
  const lines = help(app, command, { width: 80, all: false }).trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(LONG.get(name) ?? SCREEN)
})

test.each(commands.filter(({ app }) => app.name !== 'lab'))(
  '$name has an example',
  ({ command }) => {
    expect(command.examples ?? []).not.toEqual([])
  },
)

test.each(commands)('each option of $name has a description in plain words', ({ command }) => {
  for (const { description } of describeOptions(command.options)) {
    expect(description).not.toBe('')
    expect(description).not.toMatch(/again for more|without it|somebody|for ever/)
  }
})

test.each(commands)(
  'every option of $name is in its help, manual page and completions',
  ({ app, command }) => {
    const complete = help(app, command, { width: 80, all: true })
    const page = manPage(app, new Date())
    const apart = all.filter((each) => each !== sockyard)
    const scripts = SHELLS.map((shell) => completion(shell, sockyard, apart))
    for (const { flag } of describeOptions(command.options)) {
      expect(complete).toMatch(new RegExp(`--${flag}\\b`))
      expect(page).toMatch(new RegExp(`Fl -${flag}\\b`))
      for (const script of scripts) expect(script).toMatch(new RegExp(`-(-|l )${flag}\\b`))
    }
  },
)

test('-q has one meaning', () => {
  const meanings = commands
    .flatMap(({ command }) => describeOptions(command.options))
    .filter(({ short }) => short === 'q')
    .map(({ description }) => description)
  expect(new Set(meanings).size).toBe(1)
})

const generated = [...(await documents()), serviceDocument()]
test.each(generated)('the table in $path is current', ({ is, should }) => {
  // node scripts/option-tables.ts and scripts/service-table.ts write them.
  expect(is).toBe(should)
})

test('every option of every app is in its README, or in docs/options.md', () => {
  const common = readFileSync(new URL('../docs/options.md', import.meta.url), 'utf8')
  for (const { app, command } of commands.filter(({ app: each }) => each !== sockyard)) {
    const readme = readFileSync(new URL(`../apps/${app.name}/README.md`, import.meta.url), 'utf8')
    for (const { flag } of describeOptions(command.options))
      expect(readme + common).toMatch(new RegExp(`\`(-\\w, )?--${flag}\\b`))
  }
})

const hasMandoc = spawnSync('sh', ['-c', 'command -v mandoc']).status === 0
test.runIf(hasMandoc).each(all)('mandoc finds nothing wrong with the page of $name', (app) => {
  const { stdout } = spawnSync('mandoc', ['-Tlint'], { input: manPage(app, new Date()) })
  expect(String(stdout)).toBe('')
})

describe('the catalog agrees with the defaults of the apps', () => {
  const served = apps.filter(({ adminPort }) => adminPort !== undefined)

  test.each(served)('$name', ({ name, adminPort, endpoints, groups }) => {
    const [command] = all.find((app) => app.name === name)?.commands ?? []
    if (command === undefined) throw new Error(`no app ${name}`)
    const none = { flags: new Map(), environment: new Map() }
    const options = configure(command.options, describeOptions(command.options), none)
    expect(options['adminPort']).toBe(adminPort)
    const { port, timePort, udpPort, group = [] } = options
    // The ports of inetd are those of its configuration, and the sender listens on none.
    const ports = [port, timePort, udpPort].filter((each) => each !== undefined)
    const listed = new Set(endpoints.map((endpoint) => endpoint.port))
    expect(listed.isSupersetOf(new Set(endpoints.length === 0 ? [] : ports))).toBe(true)
    expect(group).toEqual(groups)
  })
})
