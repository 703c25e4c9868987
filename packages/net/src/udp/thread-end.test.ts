import { spawnSync } from 'node:child_process'

import { expect, it } from 'vitest'

const module = new URL('thread-end.ts', import.meta.url).href

it('dozens of threads end with the process, without a warning', () => {
  const program = `
    const { atExit } = await import('${module}')
    for (let thread = 0; thread < 24; thread += 1) {
      const takeBack = atExit(() => process.stdout.write(thread + ' '))
      if (thread >= 3) takeBack()
    }
    for (let thread = 0; thread < 24; thread += 1) atExit(() => process.stdout.write('.'))`
  const args = ['--input-type=module', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: `0 1 2 ${'.'.repeat(24)}`, stderr: '' })
})
