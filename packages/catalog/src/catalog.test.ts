import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { apps, findApp, servicePorts } from './catalog.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string): string => readFileSync(root + path, 'utf8')
const names = apps.map(({ name }) => name)
const services = apps.filter(({ adminPort }) => adminPort !== undefined)

test('the catalog lists what is in apps/', () => {
  expect(names.toSorted()).toEqual(readdirSync(`${root}apps`).toSorted())
})

test('admin ports count up from 9101', () => {
  expect(services.map(({ adminPort }) => adminPort)).toEqual(
    services.map((_, index) => 9101 + index),
  )
})

test('the tests of containers wait for all others (turbo.json)', () => {
  const packages = readdirSync(`${root}packages`).map((name) => `@sockyard/${name}`)
  for (const name of [...names, ...packages, '@sockyard/bench', '@sockyard/scripts'])
    expect(read('turbo.json')).toContain(`"${name}#test"`)
})

test.each(services)('docker-compose.yml runs $name with its admin port', ({ name, adminPort }) => {
  const compose = read('docker-compose.yml')
  expect(compose).toContain(`image: sockyard/${name}\n`)
  expect(compose).toMatch(new RegExp(`:${adminPort}/tcp`))
})

test('docker-bake.hcl has an image of every app, and one of all', () => {
  const [, matrix = ''] = /app = \[([^\]]+)\]/.exec(read('docker-bake.hcl')) ?? []
  const images = [...matrix.matchAll(/"([\w-]+)"/g)].map(([, name]) => name)
  expect(images).toEqual([...names, 'sockyard'])
})

test('the bench measures every service', () => {
  const measured = read('bench/services.ts').matchAll(/^ {2}service\('([\w-]+)'/gm)
  expect([...measured].map(([, name]) => name)).toEqual(services.map(({ name }) => name))
})

test('the ports of services are those of all apps, each once', () => {
  expect(findApp('daytime')?.endpoints.map(({ port }) => port)).toEqual([3013, 3013, 3037, 3037])
  expect(servicePorts()).toEqual(expect.arrayContaining([2020, 3007, 3013, 3037, 3111, 3333, 9899]))
  expect(new Set(servicePorts()).size).toBe(servicePorts().length)
})
