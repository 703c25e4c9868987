import { safeText } from '../safe-text.ts'

/** What somebody typed into the chat. Every text in it is safe to show. */
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

/** Reads one line of a chat; commands are the same in capitals. */
export function parseChatInput(line: string): ChatInput {
  const text = safeText(line).trimEnd()
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) }
  if (text.startsWith('/')) return parseCommand(text.slice(1))
  return text === '' ? { kind: 'empty' } : { kind: 'say', text }
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
