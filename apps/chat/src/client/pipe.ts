import type { Readable, Writable } from 'node:stream'

import type { ChatSession } from './session.ts'

/** What comes on standard input is said, what is heard goes to standard output; each at the other's pace. */
export async function talkInPipe(
  talk: ChatSession,
  stdin: Readable,
  stdout: Writable,
): Promise<void> {
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

const LF = 10
/** A line longer than this is passed on in pieces. */
const MAXIMUM_HELD = 64 * 1024

/** Keeps back an unfinished line, so that an answer of our own never comes to stand in the middle of it. */
export class WholeLines {
  #held = Buffer.alloc(0)

  /** @returns all up to the last line feed, perhaps nothing */
  push(chunk: Uint8Array): Uint8Array {
    const all = Buffer.concat([this.#held, chunk])
    const end = all.lastIndexOf(LF) + 1
    const cut = all.length - end > MAXIMUM_HELD ? all.length : end
    this.#held = all.subarray(cut)
    return all.subarray(0, cut)
  }

  /** No more comes. @returns what was kept back */
  end(): Uint8Array {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    return rest
  }
}
