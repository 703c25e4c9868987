import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { readAccounts, readServicePorts } from './host-lookups.ts'

const folder = mkdtempSync(join(tmpdir(), 'inetd-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('a service whose port is no number from 1 to 65535 is unknown, and none is port 0', () => {
  const portOf = readServicePorts(
    file('services', 'word x/tcp\nzero 0/tcp\nempty /tcp\nhigh 70000/tcp\nreal 8021/tcp alias\n'),
  )
  expect(['word', 'zero', 'empty', 'high'].map((name) => portOf(name, 'tcp'))).toEqual(
    Array(4).fill(undefined),
  )
  expect([portOf('real', 'tcp'), portOf('alias', 'tcp')]).toEqual([8021, 8021])
})

test('a malformed line of passwd(5) or group(5) grants root to no user', () => {
  const passwd = file('passwd', 'empty:x:::::\nword:x:no:1::/:\nhex:x:0x0:1::/:\nreal:x:7:8::/:\n')
  const group = file('group', 'empty:x::\nminus:x:-1:\nstaff:x:50:\n')
  const { user, group: groupOf } = readAccounts(passwd, group)
  expect(['empty', 'word', 'hex'].map((name) => user(name)?.uid)).toEqual(Array(3).fill(undefined))
  expect(user('real')).toMatchObject({ uid: 7, gid: 8, home: '/', shell: '/bin/sh' })
  expect(['empty', 'minus'].map((name) => groupOf(name))).toEqual([undefined, undefined])
  expect(groupOf('staff')).toBe(50)
})
