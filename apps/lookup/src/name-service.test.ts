import { expect, test } from 'vitest'

import { sourceNames, sourcesIn, sourcesOf } from './name-service.ts'

const FILE = `# hosts: commented out
passwd:         files
  hosts :  files   mdns4_minimal [NOTFOUND=return] dns  # and so on
services:db files
`

test('a line of nsswitch.conf is found, without its comment', () => {
  expect(sourcesIn(FILE, 'hosts')).toBe('files mdns4_minimal [NOTFOUND=return] dns')
  expect(sourcesIn(FILE, 'services')).toBe('db files')
  expect(sourcesIn(FILE, 'protocols')).toBeUndefined()
  expect(sourcesIn('', 'hosts')).toBeUndefined()
})

test('the names of sources are without the actions', () => {
  expect(sourceNames('files mdns4_minimal [NOTFOUND=return] dns')).toEqual([
    'files',
    'mdns4_minimal',
    'dns',
  ])
})

test('musl uses its own order', () => {
  expect(sourcesOf('hosts', { name: 'musl', version: undefined })).toEqual({
    database: 'hosts',
    order: 'files dns',
    from: "musl's own order",
  })
})
