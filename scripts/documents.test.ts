import { readFileSync } from 'node:fs'

import { checkOperands, selectCommand } from '@sockyard/cli/command'
import { configure, describeOptions, parseArguments } from '@sockyard/cli/options'
import { expect, test } from 'vitest'

import { loadApps } from './apps.ts'
import { sockyard } from './sockyard.ts'
import { filesMatching, root } from './source-tree.ts'

const apps = await loadApps()
/** The app that CONTRIBUTING.md builds. */
const NOT_THERE = 'discard'

interface Shown {
  path: string
  line: string
}

/** Every line of a block of code that runs sockyard. */
function commandsIn(path: string): Shown[] {
  const text = readFileSync(`${root}/${path}`, 'utf8').replaceAll(/\\\n\s*/g, ' ')
  const lines = text.matchAll(
    /^(?: {4,}|\$ |\t)(?:.*[|&;$] |[A-Z_]+=\S+ )?(?:\.\/)?sockyard( .*|)$/gm,
  )
  return [...lines].map(([, line = '']) => ({ path, line: line.trim() }))
}

/** The words of a shell command, up to the end of that command. */
function words(line: string): string[] {
  const pieces = line.match(/'[^']*'|"[^"]*"|[#|<>&;)]|[^\s'"#|<>&;)]+/g) ?? []
  const end = pieces.findIndex((piece) => /^[#|<>&;)]$/.test(piece))
  return pieces
    .slice(0, end === -1 ? undefined : end)
    .map((word) => word.replaceAll(/^['"]|['"]$/g, ''))
}

/** Reads the command line as the app would. */
function check([name = '', ...rest]: readonly string[]): void {
  const app = apps.find((each) => each.name === name)
  const selected =
    app === undefined ? selectCommand(sockyard, [name, ...rest]) : selectCommand(app, rest)
  const descriptions = describeOptions(selected.command.options)
  const { common, values, operands } = parseArguments(selected.rest, descriptions)
  if (common.help || common['help-all'] || common.version) return
  checkOperands(selected.command, operands)
  configure(selected.command.options, descriptions, { flags: values, environment: new Map() })
}

const shown = filesMatching('{*.md,docs/**/*.md,{apps,packages,bench}/**/*.md}')
  .filter((path) => !path.includes('node_modules'))
  .flatMap(commandsIn)
  .filter(({ line }) => !line.startsWith(NOT_THERE))

test('documents show commands', () => {
  expect(shown.length).toBeGreaterThan(50)
})

test.each(shown)('$path: sockyard $line', ({ line }) => {
  expect(() => check(words(line))).not.toThrow()
})
