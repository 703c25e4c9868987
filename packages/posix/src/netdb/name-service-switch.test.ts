import { spawnSync } from 'node:child_process'

import { expect, it } from 'vitest'

import { cLibrary } from './name-service-switch.ts'

const here = (file: string): string => new URL(file, import.meta.url).href

/** In a process of its own: the switch is the whole process's. */
function run(program: string): { status: number | null; stdout: string } {
  const imports = `
    import { configureNameServiceSwitch } from '${here('name-service-switch.ts')}'
    import { getservbyname } from '${here('services-protocols.ts')}'
    import { exitNow } from '${here('../process/process.ts')}'
    import { getaddrinfo } from '${here('getaddrinfo.ts')}'`
  const words = ['--input-type=module', '-e', imports + program]
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  return { status, stdout }
}

it('only the configured sources are queried', () => {
  const { stdout } = run(`
    const found = () => getservbyname('smtp') !== undefined
    const all = found()
    const set = [configureNameServiceSwitch('services', 'db'), found()]
    const again = [configureNameServiceSwitch('services', 'files'), found()]
    process.stdout.write(JSON.stringify([all, set, again]))`)
  const works = cLibrary().name === 'glibc'
  const expected = works
    ? [true, [true, false], [true, true]]
    : [true, [false, true], [false, true]]
  expect(JSON.parse(stdout)).toEqual(expected)
})

it('exitNow ends the process with its code, and nothing runs afterwards', () => {
  const { status, stdout } = run(`
    process.on('exit', () => process.stdout.write('handler'))
    exitNow(7)
    process.stdout.write('after')`)
  expect({ status, stdout }).toEqual({ status: 7, stdout: '' })
})
