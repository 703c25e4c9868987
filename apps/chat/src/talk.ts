import type { Socket } from 'node:net'

import { Incoming } from './incoming.ts'
import { phrases, STILL_THERE } from './phrases.ts'

/** Who wants to be gone waits no longer than this for the server. */
const FAREWELL_MILLIS = 1_000

/** The client's side of a chat: lines come in, lines go out, and who ended it. */
export class Talk {
  readonly socket: Socket
  /** Resolves when the connection is over, and everything that came in was shown. */
  readonly over: Promise<void>
  /** Called with lines that are safe to show. */
  onLines: (lines: readonly string[]) => void = () => {}
  readonly #incoming = new Incoming()
  #isLeaving = false
  /** By us: a write that was under way fails then. */
  #isCut = false

  /** @param signal when aborted, the connection is closed */
  constructor(socket: Socket, signal: AbortSignal) {
    this.socket = socket
    const close = (): void => this.leaveSoon()
    signal.addEventListener('abort', close, { once: true })
    this.over = new Promise((resolve) => {
      socket.once('close', () => {
        signal.removeEventListener('abort', close)
        resolve()
      })
    })
    socket.on('data', (chunk: Buffer) => this.#hear(this.#incoming.push(chunk)))
    socket.once('end', () => this.#hear(this.#incoming.end()))
  }

  /** Whether it was our side that ended it, and nothing went wrong then. */
  get hasLeft(): boolean {
    return this.#isLeaving && (this.#isCut || this.socket.errored === null)
  }

  /** @returns false when more should wait for the socket's 'drain' */
  say(lines: string | Uint8Array): boolean {
    return lines.length === 0 || !this.socket.writable || this.socket.write(lines)
  }

  /** Half-close: the server closes once it has handed on everything. */
  leave(): void {
    this.#isLeaving = true
    this.socket.end()
  }

  /** Leaves, even when the server does not read or answer any more. */
  leaveSoon(): void {
    this.leave()
    const timer = setTimeout(() => {
      this.#isCut = true
      this.socket.destroy()
    }, FAREWELL_MILLIS)
    this.socket.once('close', () => clearTimeout(timer))
  }

  #hear(lines: readonly string[]): void {
    const shown = lines.filter((line) => !this.#answers(line))
    if (lines.includes(phrases.goodbye)) this.#isLeaving = true
    if (shown.length > 0) this.onLines(shown)
  }

  /** The question whether somebody is there needs no person. */
  #answers(line: string): boolean {
    if (!line.startsWith(STILL_THERE)) return false
    this.say('\n')
    return true
  }
}
