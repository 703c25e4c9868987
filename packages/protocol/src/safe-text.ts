/**
 * What must not reach another person's terminal, a log or a page: C0, DEL and C1 controls, bidirectional
 * controls (Unicode UAX 9), line and paragraph separators, halves of surrogate pairs.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu

/** Takes out of `text` what could move a cursor, end a line or turn text around. A tab becomes a space. */
export function safeText(text: string): string {
  return text.replaceAll('\t', ' ').replace(UNSAFE, '')
}
