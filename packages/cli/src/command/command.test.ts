import { expect, test } from 'vitest'
import { z } from 'zod'

import { flag, integer, text } from '../options/options.ts'
import type { AppDescription } from './command.ts'
import { help, helpWidth } from './help.ts'
import { checkOperands, optionHint, selectCommand } from './select-command.ts'

const serve = {
  name: 'serve',
  summary: 'greet each client',
  operands: [],
  options: z.strictObject({
    port: integer(3999).meta({ short: 'p', valueName: 'PORT', description: 'port to listen on' }),
    loud: flag(true).meta({ description: 'greet in capital letters' }),
    maxConnections: integer(2000).meta({
      valueName: 'COUNT',
      group: 'Limits',
      description: 'connections in total, of all the addresses that there are in all the networks',
    }),
  }),
  examples: [{ args: '--port 4000', description: 'greet on another port' }],
}
const meet = {
  name: 'meet',
  summary: 'print greetings',
  operands: [
    { name: 'HOST:PORT', description: 'address of a greeter' },
    { name: 'TEXT', description: 'what to answer', optional: true, repeated: true },
  ],
  options: z.strictObject({ nick: text().meta({ short: 'n', valueName: 'NAME' }) }),
}
const app: AppDescription = {
  name: 'greeter',
  summary: 'greets over TCP',
  commands: [serve, meet],
}

test.each([
  [[], 'serve', []],
  [['-p', '1'], 'serve', ['-p', '1']],
  [['serve', '-p', '1'], 'serve', ['-p', '1']],
  [['--', 'meet', 'x'], 'meet', ['x']],
])('%j is the command %s with %j', (words, name, rest) => {
  const selected = selectCommand(app, words)
  expect({ name: selected.command.name, rest: selected.rest }).toEqual({ name, rest })
})

test('an unknown command names the one that was meant, or all', () => {
  expect(() => selectCommand(app, ['serv'])).toThrow('unknown command serv; did you mean serve?')
  expect(() => selectCommand(app, ['dance'])).toThrow('unknown command dance; there is serve, meet')
})

test('an argument that is missing or unexpected is named', () => {
  expect(() => checkOperands(meet, [])).toThrow('missing argument HOST:PORT')
  expect(() => checkOperands(serve, ['extra'])).toThrow('unexpected argument: extra')
  expect(() => checkOperands(meet, ['a:1', 'b', 'c'])).not.toThrow()
})

test.each([
  ['--nick', 'sockyard greeter meet has it'],
  ['-n', 'sockyard greeter meet has it'],
  ['--prot', 'did you mean --port?'],
  ['--no-ipv6', 'use --ipv4'],
  ['--zzz', '--help lists the options'],
])('for the unknown option %s the hint is: %s', (option, hint) => {
  expect(optionHint(app, serve, option)).toBe(hint)
})

test('--help shows usage, other commands, common options, examples and exit codes', () => {
  expect(help(app, serve, { width: 80, all: false })).toBe(`greeter: greets over TCP
Usage: sockyard greeter [serve] [OPTION]...

Commands:
  meet      print greetings

Arguments and options:
  -p, --port PORT  port to listen on (default: 3999)
      --loud       greet in capital letters (off: --no-loud)

Examples:
  sockyard greeter --port 4000  # greet on another port

Exit codes: 0 done; 1 network failure or threshold not met; 2 usage error.
--help-all lists all options.
`)
})

test('--help-all shows every option under its heading, and how the environment sets it', () => {
  const words = help(app, serve, { width: 80, all: true }).replaceAll(/\s+/g, ' ')
  expect(words).toContain('Limits: --max-connections COUNT connections in total, of all')
  expect(words).toContain('(default: 2000)')
  expect(words).toContain('General: -h, --help show the common options')
  expect(words).toContain('SOCKYARD_MAX_SIZE')
})

test('the help of a command shows its arguments', () => {
  const shown = help(app, meet, { width: 80, all: false })
  expect(shown).toContain('greeter meet: print greetings\n')
  expect(shown).toContain('Usage: sockyard greeter meet [OPTION]... HOST:PORT [TEXT...]\n')
  expect(shown).toContain('  HOST:PORT        address of a greeter\n')
})

test.each([40, 60, 80, 100])('at a width of %i no line is longer, or ends in a space', (width) => {
  const lines = help(app, serve, { width, all: true }).split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
  expect(lines.filter((line) => line.endsWith(' '))).toEqual([])
})

test('the width is COLUMNS, or that of the terminal, or 80, within what can be read', () => {
  expect(helpWidth('60', 90)).toBe(60)
  expect(helpWidth('wide', 90)).toBe(90)
  expect(helpWidth(undefined, undefined)).toBe(80)
  expect(helpWidth('10', undefined)).toBe(40)
  expect(helpWidth(undefined, 300)).toBe(100)
})
