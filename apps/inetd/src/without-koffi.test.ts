import { fileURLToPath } from 'node:url'

import { startApp } from '@sockyard/testkit/process'
import { expect, it } from 'vitest'

import { configuration, exchange, Inetd } from './inetd.testing.ts'

const hook = fileURLToPath(
  new URL('../../../packages/service/testing/without-koffi.mjs', import.meta.url),
)

it('without koffi a wait line is logged as not served, and the rest is served', async () => {
  const file = configuration([
    '127.0.0.1:0 stream tcp nowait - /bin/cat',
    '127.0.0.2:0 dgram udp wait - /bin/cat',
    '127.0.0.3:0 dgram udp wait - internal echo',
  ])
  const env = { NODE_OPTIONS: `--import=${hook}` }
  const app = await startApp('inetd', ['--config', file], { env })
  await using inetd = new Inetd(app, file)
  const told = await app.waitForLog(({ msg }) => msg === 'not served')
  expect(told).toMatchObject({ line: 2, field: 'wait/nowait' })
  expect(told).toMatchObject({ error: { message: expect.stringContaining('needs koffi') } })
  await inetd.port('127.0.0.3:0/udp')
  expect(await exchange('127.0.0.1', await inetd.port('127.0.0.1:0/tcp'), 'meow')).toBe('meow')
})
