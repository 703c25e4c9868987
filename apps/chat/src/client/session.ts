import type { Socket } from 'node:net'

import { SafeLines, STILL_THERE } from '@sockyard/protocol/chat'

import { messages } from '../messages.ts'

const LF = 10
/** `/quit` waits no longer than this for the server. */
const CLOSE_TIMEOUT_MILLIS = 1_000

/** The client's side of a chat: lines in, lines out, and which side ended it. */
export class ChatSession {
  readonly socket: Socket
  /** Resolves when the connection is over, and everything that came in was shown. */
  readonly over: Promise<void>
  /** Lines: what was said here, and what came. */
  readonly counts = { sent: 0, received: 0 }
  /** Called with lines that are safe to show. */
  onLines: (lines: readonly string[]) => void = () => {}
  readonly #lines = new SafeLines()
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
    socket.on('data', (chunk: Buffer) => this.#receive(this.#lines.push(chunk)))
    socket.once('end', () => this.#receive(this.#lines.end()))
  }

  /** Whether it was our side that ended it, and nothing went wrong then. */
  get hasLeft(): boolean {
    return this.#isLeaving && (this.#isCut || this.socket.errored === null)
  }

  /** @returns false when more should wait for the socket's 'drain' */
  say(lines: string | Uint8Array): boolean {
    if (lines.length === 0 || !this.socket.writable) return true
    this.counts.sent += countLineFeeds(lines)
    return this.socket.write(lines)
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
    }, CLOSE_TIMEOUT_MILLIS)
    this.socket.once('close', () => clearTimeout(timer))
  }

  #receive(lines: readonly string[]): void {
    const shown = lines.filter((line) => !this.#answers(line))
    this.counts.received += shown.length
    if (lines.includes(messages.goodbye)) this.#isLeaving = true
    if (shown.length > 0) this.onLines(shown)
  }

  /** The probe is answered without the user. */
  #answers(line: string): boolean {
    if (!line.startsWith(STILL_THERE)) return false
    this.say('\n')
    return true
  }
}

function countLineFeeds(lines: string | Uint8Array): number {
  return Buffer.from(lines).filter((byte) => byte === LF).length
}
