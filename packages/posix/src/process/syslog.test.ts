import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { NativeSocket } from '../socket/native-socket.ts'
import { SYSLOG_FACILITIES, SYSLOG_PRIORITIES } from './syslog.ts'

const module = new URL('syslog.ts', import.meta.url).href
/** In namespaces of its own a program may have another /dev. */
const unshared = ['--map-root-user', '--mount']
const canMount = spawnSync('unshare', [...unshared, 'true']).status === 0

it('a host without a syslog daemon costs nothing but the messages', () => {
  const program = `
    const { Syslog } = await import('${module}')
    const log = new Syslog('sockyard-test', 'daemon')
    const write = (text) => new Promise((resolve) => log.write('debug', text, resolve))
    await write('100 %s of %n this is text')
    await write('and this')
    process.stdout.write('still here')`
  const args = ['--input-type=module', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: 'still here', stderr: '' })
})

it.runIf(canMount)(
  'a syslog daemon that has stopped keeps no program from ending',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'syslog-'))
    try {
      using stopped = NativeSocket.open({ family: 'unix', type: 'datagram' })
      stopped.bind({ family: 'unix', path: join(folder, 'log') })
      // More than any queue of datagrams holds (net.unix.max_dgram_qlen); then the end, while one is under way.
      const program = `
      const { Syslog } = await import('${module}')
      const log = new Syslog('sockyard-test', 'daemon')
      let written = 0
      const next = () => { written += 1; if (written < 100_000) log.write('debug', 'so much', next) }
      next()
      let before = -1
      setInterval(() => {
        if (written === before) process.exit(7)
        before = written
      }, 200)`
      const node = [process.execPath, '--input-type=module', '-e', program]
      const script = 'mount --bind "$0" /dev && exec "$@"'
      const args = [...unshared, 'sh', '-c', script, folder, ...node]
      const { status, stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 20_000 })
      expect({ status, stderr }).toEqual({ status: 7, stderr: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
  30_000,
)

it('the numbers are those of RFC 5424', () => {
  expect(Object.values(SYSLOG_PRIORITIES)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(SYSLOG_FACILITIES).toMatchObject({ daemon: 3, local0: 16, local7: 23 })
})
