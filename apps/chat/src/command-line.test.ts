import { runApp } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'

import { startChat } from './chat.testing.ts'

test.each([
  [['--colour'], /^chat: .*--colour.*\n$/],
  [['--port', '99999'], /^chat: --port 99999: must be .*0 to 65535\n$/],
  [['--idle-timeout', 'soon'], /^chat: --idle-timeout soon: must be seconds, or a duration .*\n$/],
  [['--max-line', '1GiB'], /^chat: --max-line 1GiB: must be 1 to 64KiB\n$/],
  [['--relay', '--max-line', '100'], /^chat: --max-line and --relay cannot be combined\n$/],
  [['--deny', 'somewhere'], /^chat: --deny somewhere: must be an address .*\n$/],
  [['dance'], /^chat: unknown command dance; there is serve, join\n$/],
  [['join'], /^chat: missing argument HOST\[:PORT\]\n$/],
  [['join', 'localhost:99999'], /^chat: HOST localhost:99999: the port must be 1 to 65535\n$/],
  [['join', 'localhost', '--nick', 'two words'], /^chat: --nick two words: must be letters.*\n$/],
])('%j is a usage error: exit 2, one line', async (args, line) => {
  const { code, stdout, stderr } = await runApp('chat', args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(line)
  expect(stderr.trimEnd()).not.toContain('\n')
})

test('a taken port: exit 1, one line', async () => {
  await using chat = await startChat()
  const { code, stderr } = await runApp('chat', ['-H', '127.0.0.1', '-p', String(chat.port)])
  expect(code).toBe(1)
  expect(stderr).toBe(`chat: 127.0.0.1:${chat.port}: the address is already in use\n`)
})

test.each([
  ['nosuch.invalid', /^chat: nosuch\.invalid:2020: the name does not resolve.*\n$/],
  ['127.0.0.1:1', /^chat: 127\.0\.0\.1:1: connection refused\n$/],
])('join %s: exit 1, one line', async (target, line) => {
  const { code, stderr } = await runApp('chat', ['join', target])
  expect(code).toBe(1)
  expect(stderr).toMatch(line)
})

test('--check and --help', async () => {
  expect(await runApp('chat', ['--check'])).toMatchObject({ code: 0, stderr: '' })
  const { code, stdout } = await runApp('chat', ['--help-all'])
  expect(code).toBe(0)
  for (const option of ['--relay', '--slow-queue', '--idle-timeout', '--rate-limit'])
    expect(stdout).toContain(option)
})
