/** Where a line must not break; it is shown as a space. */
export const NO_BREAK_SPACE = '\u00a0'

/** Words in lines of at most `width` characters, as far as no word is longer. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((content) => content.replaceAll(NO_BREAK_SPACE, ' '))
}
