import { safeText } from '../safe-text.ts'

/** One line of input to the chat. Every text in it is safe to print. */
export type ChatInput =
  /** Said to all the others; `//x` says `/x`. */
  | { kind: 'say'; text: string }
  /** `/me waves`: told about oneself. */
  | { kind: 'me'; text: string }
  /** `/nick NAME`; the name is still to be checked with parseNickname, and may be empty. */
  | { kind: 'nick'; name: string }
  | { kind: 'who' }
  | { kind: 'help' }
  | { kind: 'quit' }
  /** A command there is not, as typed and without its slash. */
  | { kind: 'unknown'; command: string }
  /** Nothing to say: no text, or `/me` without any. */
  | { kind: 'empty' }

/** Of an editor that saves UTF-8 with it: it is no part of the text (RFC 3629, section 6). */
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Reads one line of a chat; commands are the same in capitals. Backspace, Delete and Ctrl-U edit it, as they come from
 * a client that sends each character as it is typed.
 */
export function parseChatInput(line: string): ChatInput {
  const typed = line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line
  const text = safeText(edited(typed)).trimEnd()
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) }
  if (text.startsWith('/')) return parseCommand(text.slice(1))
  return text === '' ? { kind: 'empty' } : { kind: 'say', text }
}

const BACKSPACE = '\b'
const DELETE = '\u007F'
const ERASE_LINE = '\u0015'
const EDITING = new RegExp(`[${BACKSPACE}${DELETE}${ERASE_LINE}]`)

function edited(line: string): string {
  if (!EDITING.test(line)) return line
  const characters: string[] = []
  for (const character of line) {
    if (character === ERASE_LINE) characters.length = 0
    else if (character === BACKSPACE || character === DELETE) characters.pop()
    else characters.push(character)
  }
  return characters.join('')
}

function parseCommand(typed: string): ChatInput {
  const [command = ''] = typed.split(' ', 1)
  const argument = typed.slice(command.length).trim()
  switch (command.toLowerCase()) {
    case 'me':
      return argument === '' ? { kind: 'empty' } : { kind: 'me', text: argument }
    case 'nick':
      return { kind: 'nick', name: argument }
    case 'who':
      return { kind: 'who' }
    case 'help':
      return { kind: 'help' }
    case 'quit':
      return { kind: 'quit' }
    default:
      return { kind: 'unknown', command }
  }
}
