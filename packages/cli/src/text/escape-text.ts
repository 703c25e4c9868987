/** C0, DEL and C1 controls, bidirectional controls, line and paragraph separators, lone surrogates. */
const HOSTILE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Makes text from anywhere safe to show on one line: whatever could move a cursor, end a line or
 * turn the direction of the text appears as an escape such as \n or \u001b.
 */
export function escapeText(text: string): string {
  return text.replaceAll(HOSTILE, (character) => SHORT[character] ?? escapeCharacter(character))
}

/** Does the same to one line of JSON, which stays the same JSON. */
export function escapeJson(line: string): string {
  return line.replaceAll(HOSTILE, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
