import { spawn, spawnSync } from 'node:child_process'

import { RunningApp } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'

import { member, startChat } from '../chat.testing.ts'

const has = (program: string): boolean => spawnSync('which', [program, 'script']).status === 0

// Not on every machine; in containers tests/chat-peers.test.ts has both.
test.runIf(has('nc'))('nc on a raw terminal: keys as typed, Enter is a bare CR', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using nc = onTerminal(`stty raw -echo; nc 127.0.0.1 ${chat.port}`)
  await nc.waitForText(/welcome/)
  for (const key of '\uFEFF/nick zoe\rhelp\u007Flo\u0015hello\r') nc.stdin.write(key)
  await anna.hears('zoe: hello\n')
  expect(anna.heard).toMatch(/(\* zoe joined|is now zoe)\nzoe: hello\n$/)
})

test.runIf(has('telnet'))('telnet: its erase edits, "Are You There" is answered', async () => {
  await using chat = await startChat()
  await using anna = await member(chat.port, 'anna')
  await using telnet = onTerminal(`telnet 127.0.0.1 ${chat.port}`)
  await telnet.waitForText(/welcome/)
  telnet.stdin.write('\u001D')
  await telnet.waitForText(/telnet>/)
  telnet.stdin.write('send ayt\r')
  await telnet.waitForText(/\* yes, the chat is here/)
  telnet.stdin.write('hellp\u007Fo\r')
  await anna.hears(/: hello\n/)
  expect(anna.heard).toMatch(/\* \S+ joined\n\S+: hello\n$/)
})

/** A program on a terminal of its own, made by script(1). */
function onTerminal(command: string): RunningApp {
  return new RunningApp(spawn('script', ['--quiet', '--command', command, '/dev/null']))
}
