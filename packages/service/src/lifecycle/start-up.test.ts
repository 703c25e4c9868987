import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { compileCacheFolder } from './start-up.ts'

/** Says which of two equally hot functions V8 optimizes: one runs while an app starts, one afterwards. */
const PROGRAM = `
  import { beginStartUp, endStartUp } from ${JSON.stringify(import.meta.resolve('./start-up.ts'))}
  function whileStarting(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i % 7; return sum }
  function afterwards(n) { let sum = 0; for (let i = 0; i < n; i++) sum += i % 5; return sum }
  beginStartUp()
  for (let i = 0; i < 2000; i++) whileStarting(10_000)
  endStartUp()
  for (let i = 0; i < 2000; i++) afterwards(10_000)
`

test('V8 optimizes nothing while an app starts, and again afterwards; it knows each setting', () => {
  const args = ['--trace-opt', '--input-type=module', '--eval', PROGRAM]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).not.toMatch(/completed (compiling|optimizing).*whileStarting/)
  expect(stdout).toMatch(/completed (compiling|optimizing).*afterwards/)
})

test('what was compiled is kept when an app is ready, also when SIGKILL ends it', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'sockyard-cache-'))
  const program = `
    import { endStartUp } from ${JSON.stringify(import.meta.resolve('./start-up.ts'))}
    endStartUp()
    console.log('ready')
    setInterval(() => {}, 1000)`
  const env = { ...process.env, NODE_COMPILE_CACHE: cache }
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { env })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const files = readdirSync(cache, { recursive: true, withFileTypes: true })
  rmSync(cache, { recursive: true })
  expect(files.filter((file) => file.isFile()).length).toBeGreaterThan(0)
})

test('a cache is kept beside the code, or else in the cache of the user who runs it, but of no other', () => {
  const home = mkdtempSync(join(tmpdir(), 'sockyard-home-'))
  const own = { env: { HOME: home }, getuid: () => statSync(home).uid }
  const unwritable = '/proc/1/nosuch'
  expect(compileCacheFolder(own, home)).toBe(join(home, 'node_modules/.cache/node'))
  expect(compileCacheFolder(own, unwritable)).toBe(join(home, '.cache/sockyard/node'))
  const cache = { HOME: '/nosuch', XDG_CACHE_HOME: home }
  expect(compileCacheFolder({ ...own, env: cache }, unwritable)).toBe(join(home, 'sockyard/node'))
  const none = join(unwritable, 'node_modules/.cache/node')
  expect(compileCacheFolder({ ...own, getuid: () => statSync(home).uid + 1 }, unwritable)).toBe(
    none,
  )
  expect(compileCacheFolder({ ...own, env: {} }, unwritable)).toBe(none)
  rmSync(home, { recursive: true })
})
