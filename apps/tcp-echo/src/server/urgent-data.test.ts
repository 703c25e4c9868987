import { exchangeUrgent } from '@sockyard/testkit/peers'
import { startApp } from '@sockyard/testkit/process'
import { expect, it, vi } from 'vitest'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

it.each([
  '--engine node',
  '--engine native',
  '--engine native --workers 2',
  '--design spawn',
  '--design pass --engine node',
  '--design accept',
])('an urgent byte comes back in its place, %s', async (words) => {
  const args = ['--host', '127.0.0.1', '--port', '0', ...words.split(' ')]
  await using app = await startApp('tcp-echo', args)
  const { port } = await app.listening('tcp')
  expect(exchangeUrgent(port, 'before ', '!', ' after')).toBe('before ! after')
})
