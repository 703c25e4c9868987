// docs/json.md and docs/schemas: one quantity has one name in all apps.
import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { root } from './source-tree.ts'

type Schema = Readonly<Record<string, unknown>>

const files = readdirSync(`${root}/docs/schemas`).toSorted()
const schemas = new Map(
  files.map((file): [string, Schema] => [
    file.replace('.json', ''),
    JSON.parse(readFileSync(`${root}/docs/schemas/${file}`, 'utf8')),
  ]),
)
/** Of the console's API, which docs/console.md describes: its answers are no lines of an app. */
const isOfApi = (file: string): boolean => file.startsWith('console-')
const documented = readFileSync(`${root}/docs/json.md`, 'utf8')

/** The tools speak of libc, of socket calls and of the kernel's counters; their words are in their schemas. */
const TOOLS = new Set(['lookup', 'lab', 'survey-doctor', 'survey-run'])
/** Anything that a socket option can be. */
const ANY_TYPE = new Set(['value', 'asked', 'before', 'after'])

interface Property {
  name: string
  schema: Schema
}

/** Every property of a schema, however deep. */
function propertiesOf(schema: unknown): Property[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties = {}, ...others } = schema as { properties?: Record<string, Schema> }
  const own = Object.entries(properties).map(([name, each]) => ({ name, schema: each }))
  return [...own, ...[...Object.values(properties), ...Object.values(others)].flatMap(propertiesOf)]
}

/** The JSON types that a value may have; null, which says that it is not known, apart. */
function typesOf({ type, anyOf, const: only }: Schema): string[] {
  if (Array.isArray(anyOf)) return anyOf.flatMap(typesOf)
  const types = only === undefined ? [type].flat() : [typeof only]
  return types
    .filter((each) => typeof each === 'string' && each !== 'null')
    .map((each) => (each === 'integer' ? 'number' : String(each)))
}

const all = [...schemas]
  .filter(([file]) => !isOfApi(file))
  .flatMap(([file, schema]) =>
    propertiesOf(schema).map(({ name, schema: each }) => ({ file, name, schema: each })),
  )

test.each(files)('%s has an identifier, a version and a title', (file) => {
  const name = file.replace('.json', '')
  expect(schemas.get(name)).toMatchObject({
    $id: expect.stringMatching(`^urn:sockyard:schema:${name}:\\d+$`),
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    title: expect.stringMatching(/\S/),
  })
  expect(documented).toContain(`(schemas/${file})`)
})

test('a name has one type in all apps; only a quantity in microseconds is a number or its distribution', () => {
  const types = new Map<string, Set<string>>()
  for (const { name, schema } of all) {
    const known = types.get(name) ?? new Set()
    types.set(name, known)
    for (const type of typesOf(schema)) known.add(type)
  }
  const several = [...types].filter(([name, found]) => found.size > 1 && !ANY_TYPE.has(name))
  const quantities = several.filter(([name]) => name.endsWith('Micros'))
  expect(several.map(([name]) => name)).toEqual(quantities.map(([name]) => name))
  for (const [, found] of quantities) expect([...found].toSorted()).toEqual(['number', 'object'])
})

test('every name is in the table of docs/json.md', () => {
  const names = all.filter(({ file }) => !TOOLS.has(file)).map(({ name }) => name)
  expect([...new Set(names)].filter((name) => !documented.includes(`\`${name}\``))).toEqual([])
})

test('a time or a rate has its unit in its name', () => {
  const isTiming =
    /(rtt|delay|jitter|duration|interval|latency|elapsed|deadline|offset)(?!Micros|Millis)/i
  const wrong = all
    .filter(({ file, schema }) => !TOOLS.has(file) && typesOf(schema).includes('number'))
    .filter(({ name }) => isTiming.test(name))
  expect(wrong.map(({ name }) => name)).toEqual([])
})
