import { execFileSync, spawnSync } from 'node:child_process'

import { expect, test } from 'vitest'
import { z } from 'zod'

import type { AppDescription } from '../command/command.ts'
import { choice, flag, integer, text } from '../options/options.ts'
import { completion, SHELLS } from './completion.ts'
import { manPage } from './man-page.ts'
import { optionTable } from './option-table.ts'

const greeter: AppDescription = {
  name: 'greeter',
  summary: "greets over TCP, and doesn't stop",
  commands: [
    {
      name: 'serve',
      summary: 'greet each client',
      operands: [],
      options: z.strictObject({
        port: integer(3999).meta({ short: 'p', valueName: 'PORT', description: 'port' }),
        mode: choice(['loud', 'quiet'], 'loud').meta({ description: 'how it greets, a | b' }),
        keys: text().meta({ valueName: 'FILE', group: 'Keys', description: 'a file … of keys' }),
        once: flag().meta({ requires: 'keys', description: '.profile is read once' }),
      }),
      examples: [{ args: '--port 4000', description: 'greet on another port' }],
    },
    {
      name: 'meet',
      summary: String.raw`print greetings, \n and all`,
      operands: [{ name: 'HOST', description: 'a greeter', repeated: true }],
      options: z.strictObject({ loud: flag(true).meta({ description: 'read aloud' }) }),
    },
  ],
}
const own: AppDescription = {
  name: 'sockyard',
  summary: 'the command',
  commands: [
    { name: 'list', summary: 'list them', operands: [], options: z.strictObject({}) },
    {
      name: 'up',
      summary: 'start them',
      operands: [],
      options: z.strictObject({ quiet: flag().meta({ short: 'q', description: 'say less' }) }),
    },
  ],
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

/** What bash would offer behind these words. */
function offered(...words: string[]): string[] {
  const script = `${completion('bash', own, [greeter])}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sockyard; printf '%s\\n' "\${COMPREPLY[@]}"`
  const output = execFileSync('bash', ['-c', script, 'bash', 'sockyard', ...words])
  return String(output).trim().split('\n')
}

test('bash completes apps and commands', () => {
  expect(offered('')).toEqual(['greeter', 'list', 'up'])
  expect(offered('gr')).toEqual(['greeter'])
  expect(offered('greeter', '')).toEqual(['serve', 'meet'])
})

test('bash completes the options of the command, with or without its name', () => {
  const common = ['--help', '--help-all', '--version', '--check']
  expect(offered('greeter', '-')).toEqual(['--port', '-p', '--mode', '--keys', '--once', ...common])
  expect(offered('greeter', 'serve', '--p')).toEqual(['--port'])
  expect(offered('greeter', 'meet', 'x', '--')).toEqual(['--loud', '--no-loud', ...common])
  expect(offered('up', '-')).toEqual(['--quiet', '-q', ...common])
})

test('bash completes the words of a choice, and offers none for another value', () => {
  expect(offered('greeter', '--mode', '')).toEqual(['loud', 'quiet'])
  expect(offered('greeter', '--mode', 'q')).toEqual(['quiet'])
  expect(offered('greeter', '-p', '')).toEqual([''])
})

test.each(SHELLS)(
  '%s reads the script without an error, and without quotes out of place',
  (shell) => {
    const script = completion(shell, own, [greeter])
    expect(script).toContain('greeter')
    if (!has(shell)) return
    const { status, stderr } = spawnSync('sh', ['-c', `cat | ${shell} -n /dev/stdin`], {
      input: script,
    })
    expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
  },
)

test('the manual page has each command, option, default and example', () => {
  const page = manPage(greeter, new Date('2026-11-27T00:00:00Z'))
  for (const line of [
    '.Dd November 27, 2026',
    '.Dt SOCKYARD-GREETER 1',
    '.Nm "sockyard greeter meet"',
    '.Ar HOST ...',
    '.It Fl p , Fl -port Ar PORT',
    'Default: 3999.',
    'Requires --keys.',
    '.It Fl -loud',
    'Off: --no-loud.',
    '.Dl $ sockyard greeter --port 4000',
    '\\&.profile is read once.',
    'Print greetings, \\en and all.',
    'A file \\[u2026] of keys.',
  ])
    expect(page.split('\n')).toContain(line)
})

test.runIf(has('mandoc'))('mandoc finds nothing wrong with the manual page', () => {
  const input = manPage(greeter, new Date())
  const { stdout } = spawnSync('mandoc', ['-Tlint'], { input })
  expect(String(stdout)).toBe('')
})

test('the table has a row for each option of the groups that are shown', () => {
  const [serve] = greeter.commands
  expect(optionTable(serve, (group) => group !== 'Keys').split('\n')).toEqual([
    '| option               | default | meaning                                |',
    '| -------------------- | ------- | -------------------------------------- |',
    '| `-p, --port PORT`    | 3999    | port                                   |',
    '| `--mode loud\\|quiet` | loud    | how it greets, a \\| b                  |',
    '| `--once`             |         | .profile is read once; requires --keys |',
  ])
})
