// The units as systemd reads them, where its tools are.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { apps } from '@sockyard/catalog'
import { afterAll, describe, expect, test } from 'vitest'

import { root } from '../source-tree.ts'
import { systemdUnits } from './systemd-units.ts'

const services = apps.filter(({ adminPort }) => adminPort !== undefined).map(({ name }) => name)
const isMissing = spawnSync('systemd-analyze', ['--version']).error !== undefined
const folder = mkdtempSync(join(tmpdir(), 'sockyard-units-'))
afterAll(() => rmSync(folder, { recursive: true }))

const units = systemdUnits(apps)
for (const [path, text] of units) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  // It is not installed here.
  writeFileSync(
    join(folder, path),
    text.replace('ExecStart=sockyard', `ExecStart=${root}/sockyard`),
  )
}

function analyze(...args: string[]) {
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` }
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8', env })
  return { status, output: stdout + stderr }
}

test('only NTP is at a port for which a capability is needed', () => {
  expect([...units.keys()]).toEqual([
    'sockyard@.service',
    'sockyard@sntp-listener.service.d/privileged-port.conf',
    'sockyard@sntp-server.service.d/privileged-port.conf',
  ])
})

describe.skipIf(isMissing)('systemd-analyze', () => {
  test('verify finds nothing', () => {
    const files = services.map((name) => join(folder, `sockyard@${name}.service`))
    expect(analyze('verify', '--man=no', ...files)).toEqual({ status: 0, output: '' })
  })

  test.each(['tcp-echo', 'sntp-server'])('security: the exposure of %s is 2.0 at most', (name) => {
    const file = join(folder, `sockyard@${name}.service`)
    const { status, output } = analyze('security', '--offline=yes', '--threshold=20', file)
    expect(output).toContain('Overall exposure level')
    expect(status).toBe(0)
  })
})
