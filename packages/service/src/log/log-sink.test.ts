import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

const sinkFile = fileURLToPath(new URL('log-sink.ts', import.meta.url))
const LINES = ['a', 'b', 'c'].map((letter) => `${letter.repeat(40_000)}\n`)

const SCRIPT = `
  const { DescriptorSink } = await import(${JSON.stringify(sinkFile)})
  const sink = new DescriptorSink({
    descriptor: 1,
    onClosed() {},
    onFailed: ({ code }) => console.error(code),
    onDropped: (lines) => console.error('dropped', lines),
  })
  for (const letter of 'abc') sink.write(letter.repeat(40_000) + '\\n')
  const wait = setInterval(() => sink.whenWritten(() => undefined), 100)
  setTimeout(() => clearInterval(wait), 5_000)`

/** A disk of 64 KiB, which is emptied when it is full. */
const SHELL = `
  mount -t tmpfs -o size=64k tmpfs /mnt && mount -t tmpfs tmpfs /media
  "$0" --input-type=module --eval "$1" >>/mnt/lines 2>/media/errors &
  until [ -s /media/errors ]; do sleep 0.1; done
  cat /mnt/lines; : >/mnt/lines
  wait; cat /mnt/lines; cat /media/errors >&2`

test('on a full disk lines wait until there is room, and go on where the last one broke off', async () => {
  const shell = spawn('unshare', ['-rm', 'sh', '-c', SHELL, process.execPath, SCRIPT])
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr)])
  expect(stderr).toBe('ENOSPC\n')
  expect(stdout).toBe(LINES.join(''))
})
