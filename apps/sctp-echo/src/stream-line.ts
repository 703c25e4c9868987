/** A line as the seed's client takes it: `[3]hello` goes out on stream 3; without a number, on stream 0. */
export interface StreamLine {
  stream: number
  text: string
}

const NUMBERED = /^\[(\d{1,5})\](.*)$/s

export function parseStreamLine(line: string): StreamLine {
  const [, digits, text] = NUMBERED.exec(line) ?? []
  return digits === undefined || text === undefined
    ? { stream: 0, text: line }
    : { stream: Number(digits), text }
}

/** One line for every stream, told apart by its end: `hello.msg.3` on stream 3. */
export function toEveryStream(line: string, streams: number): StreamLine[] {
  return Array.from({ length: streams }, (_, stream) => ({ stream, text: `${line}.msg.${stream}` }))
}
