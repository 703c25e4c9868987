import { spawnSync } from 'node:child_process'

import { expect, it } from 'vitest'

import { SYSLOG_FACILITIES, SYSLOG_PRIORITIES } from './syslog.ts'

it('a host without a syslog daemon costs nothing but the messages', () => {
  const program = `
    const { Syslog } = await import('${new URL('syslog.ts', import.meta.url).href}')
    const log = new Syslog('sockyard-test', 'daemon')
    const write = (text) => new Promise((resolve) => log.write('debug', text, resolve))
    await write('100 %s of %n this is text')
    await write('and this')
    process.stdout.write('still here')`
  const args = ['--input-type=module', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: 'still here', stderr: '' })
})

it('the numbers are those of RFC 5424', () => {
  expect(Object.values(SYSLOG_PRIORITIES)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(SYSLOG_FACILITIES).toMatchObject({ daemon: 3, local0: 16, local7: 23 })
})
