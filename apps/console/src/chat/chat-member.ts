import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'

import { SafeLines, safeText, STILL_THERE } from '@sockyard/protocol/chat'
import type { ConsoleChatLine } from '@sockyard/protocol/results'

import type { LineStream } from './line-stream.ts'

/** So many characters of the latest lines are kept for a page that is loaded again, and a line at least. */
const KEPT_CHARACTERS = 64 * 1024
/** What the server has not taken; then it reads slowly, because of its rate limit for instance. */
const MAXIMUM_QUEUED_BYTES = 16 * 1024
/** A user who says nothing for so long has to answer the probe of the server. */
const IDLE_MILLIS = 15 * 60_000
/** `leave` waits no longer for the server. */
const CLOSE_MILLIS = 1_000

/** A line with its number, from 1. */
interface KeptLine {
  id: number
  line: ConsoleChatLine
}

/** A browser as a member of the chat: one TCP connection to its server, as telnet has one. */
export class ChatMember {
  readonly id: string = randomUUID()
  /** When the last stream ended, on the clock of performance.now(). */
  leftAloneSince = performance.now()
  readonly #socket: Socket
  readonly #received = new SafeLines()
  readonly #streams = new Set<LineStream>()
  readonly #lines: KeptLine[] = []
  #keptCharacters = 0
  #lastId = 0
  #spokeAt = performance.now()
  #isLeaving = false
  readonly #onOver: () => void
  /** Why the connection is over: a sentence, or empty when it has left. */
  #over: string | undefined

  /** @param onOver the connection is over, and the page knows, or has left */
  constructor(socket: Socket, onOver: () => void) {
    this.#socket = socket
    this.#onOver = onOver
    socket.on('data', (chunk: Buffer) => this.#receive(this.#received.push(chunk)))
    socket.once('end', () => this.#receive(this.#received.end()))
    socket.once('close', () => this.#closed())
  }

  get isFollowed(): boolean {
    return this.#streams.size > 0
  }

  get isOver(): boolean {
    return this.#over !== undefined
  }

  /** @returns false when the server does not take as much; nothing was said then */
  say(text: string): boolean {
    if (!this.#socket.writable || this.#socket.writableLength > MAXIMUM_QUEUED_BYTES) return false
    const line = safeText(text)
    this.#socket.write(`${line}\n`)
    this.#spokeAt = performance.now()
    // An empty one answers the probe.
    if (line !== '') this.#add({ text: line, isOwn: true })
    return true
  }

  /** Sends what is kept after the line `lastId`, and then each line, or why it is over. */
  follow(stream: LineStream, lastId: number): void {
    this.#streams.add(stream)
    stream.onClosed(() => {
      this.#streams.delete(stream)
      this.leftAloneSince = performance.now()
    })
    for (const { id, line } of this.#lines) if (id > lastId) stream.send(id, line)
    if (this.#over === undefined) return
    stream.end(this.#over)
    this.#onOver()
  }

  heartbeat(): void {
    for (const stream of this.#streams) stream.heartbeat()
  }

  leave(): void {
    this.#isLeaving = true
    this.#socket.end()
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_MILLIS)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  /** A page that was not told yet, because it was rejected at once for instance, will ask. */
  #closed(): void {
    const reason = this.#isLeaving ? '' : reasonOf(this.#socket)
    this.#over = reason
    const isKnown = this.isFollowed || this.#isLeaving
    for (const stream of this.#streams) stream.end(reason)
    if (isKnown) this.#onOver()
  }

  #receive(texts: readonly string[]): void {
    for (const text of texts) if (!this.#answers(text)) this.#add({ text, isOwn: false })
  }

  /** The probe is answered without the user while the page is open, but not for ever. */
  #answers(text: string): boolean {
    const isIdle = performance.now() - this.#spokeAt > IDLE_MILLIS
    if (!text.startsWith(STILL_THERE) || isIdle || !this.isFollowed) return false
    this.#socket.write('\n')
    return true
  }

  #add(line: ConsoleChatLine): void {
    const id = (this.#lastId += 1)
    this.#lines.push({ id, line })
    this.#keptCharacters += line.text.length
    while (this.#keptCharacters > KEPT_CHARACTERS && this.#lines.length > 1)
      this.#keptCharacters -= this.#lines.shift()?.line.text.length ?? 0
    for (const stream of this.#streams) stream.send(id, line)
  }
}

function reasonOf({ errored }: Socket): string {
  if (errored === null) return 'The chat server closed the connection.'
  const { code = errored.message }: NodeJS.ErrnoException = errored
  return `The connection to the chat server failed: ${code}.`
}
