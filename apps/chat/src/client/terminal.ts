import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  moveCursor,
} from 'node:readline'
import type { Readable, Writable } from 'node:stream'

import type { ChatSession } from './session.ts'

const PROMPT = '> '

/** A person types with line editing and history; what is heard appears above the line being typed. */
export async function talkOnTerminal(
  talk: ChatSession,
  stdin: Readable,
  stdout: Writable,
): Promise<void> {
  const editor = createInterface({ input: stdin, output: stdout, prompt: PROMPT, terminal: true })
  talk.onLines = (lines) => showAbove(editor, stdout, lines)
  editor.on('line', (line) => {
    talk.say(`${line}\n`)
    editor.prompt()
  })
  editor.on('SIGINT', () => {
    talk.leaveSoon()
    editor.close()
  })
  editor.once('close', () => talk.leave())
  editor.prompt()
  await talk.over
  talk.onLines = () => {}
  editor.removeAllListeners('close').close()
  cursorTo(stdout, 0)
  clearScreenDown(stdout)
}

/** Clears the line being typed, shows the lines in its place, and draws it again below them. */
function showAbove(editor: Interface, stdout: Writable, lines: readonly string[]): void {
  const { rows } = editor.getCursorPos()
  moveCursor(stdout, 0, -rows)
  cursorTo(stdout, 0)
  clearScreenDown(stdout)
  // The editor goes up by as many rows as the cursor was below its first one.
  stdout.write(`${lines.join('\n')}\n${'\n'.repeat(rows)}`)
  editor.prompt(true)
}
