import type { Readable, Writable } from 'node:stream'

import type { Talk } from './talk.ts'
import { WholeLines } from './whole-lines.ts'

/** What comes on standard input is said, what is heard goes to standard output; each at the other's pace. */
export async function talkInPipe(talk: Talk, stdin: Readable, stdout: Writable): Promise<void> {
  const { socket } = talk
  talk.onLines = (lines) => {
    if (stdout.write(`${lines.join('\n')}\n`)) return
    socket.pause()
    stdout.once('drain', () => socket.resume())
  }
  const typed = new WholeLines()
  stdin.on('data', (chunk: Buffer) => {
    if (talk.say(typed.push(chunk))) return
    stdin.pause()
    socket.once('drain', () => stdin.resume())
  })
  stdin.once('end', () => {
    talk.say(typed.end())
    talk.leave()
  })
  await talk.over
  stdin.destroy()
}
