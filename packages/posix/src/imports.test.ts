import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, string>
}

it.each(Object.entries(manifest.exports))('importing %s does not load koffi', (_name, file) => {
  const program = `
    await import('${new URL(`../${file}`, import.meta.url).href}')
    const { createRequire } = await import('node:module')
    const cached = Object.keys(createRequire('${import.meta.url}').cache)
    process.stdout.write(String(cached.some((file) => file.includes('koffi'))))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program])
  expect(stdout.toString()).toBe('false')
})
