import { existsSync, readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { commands } from './commands.ts'

const docs = new URL('../../../docs/', import.meta.url)
const page = readFileSync(new URL('classic-programs.md', docs), 'utf8')

test('every link of docs/classic-programs.md leads to a file', () => {
  const links = [...page.matchAll(/\]\(([^)#]+)/g)].flatMap(([, link]) => link ?? [])
  expect(links.length).toBeGreaterThan(50)
  expect(links.filter((link) => !existsSync(new URL(link, docs)))).toEqual([])
})

test('every page of docs/classic-programs is reached from it', () => {
  const pages = readdirSync(new URL('classic-programs/', docs))
  expect(pages.filter((name) => !page.includes(`(classic-programs/${name}`))).toEqual([])
})

test('every command of lab is a row, and no other', () => {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| (-|original|theirs)/.test(line))
  const typed = rows.flatMap((row) => [...row.matchAll(/`lab ([a-z-]+)/g)].map(([, name]) => name))
  const known = new Set(commands.map(({ name }) => name))
  expect(typed.filter((name) => !known.has(name ?? ''))).toEqual([])
  const shown = [...known].filter((name) => name !== 'list' && name !== 'all')
  expect(shown.filter((name) => !typed.includes(name))).toEqual([])
})
