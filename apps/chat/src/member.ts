import { type Line, LineDecoder, TelnetDecoder } from '@sockyard/protocol/chat'
import type { TcpConnection } from '@sockyard/service/tcp-server'

import { Listener } from './listener.ts'
import type { Patience, SpeakerState } from './patience.ts'
import { WaitingTime } from './waiting-time.ts'

/** One client of the chat: what it hears, and the lines it types. */
export class Member extends Listener implements SpeakerState {
  readonly connection: TcpConnection
  /** Lines that have not been heard yet, because they came too fast. */
  readonly lines: Line[] = []
  lastLineAt: number
  isProbed = false
  firstLineBegunAt: number | undefined
  readonly waiting = new WaitingTime()
  /** The client sends no more. */
  hasEnded = false
  #hasSpoken = false
  readonly #telnet = new TelnetDecoder()
  readonly #decoder: LineDecoder

  constructor(connection: TcpConnection, limits: Patience & { maxLine: number }, now: number) {
    super(connection.socket, limits)
    this.connection = connection
    this.lastLineAt = now
    this.#decoder = new LineDecoder({ maximumBytes: limits.maxLine })
  }

  get waitingSince(): number | undefined {
    return this.waiting.since
  }

  /** Puts what came in to the lines; half a line is kept until its end comes. @returns answers owed to telnet */
  read(chunk: Uint8Array, now: number): Uint8Array {
    const text = this.#telnet.push(chunk)
    if (text.length > 0) this.#take(this.#decoder.push(text), now)
    return this.#telnet.takeRefusals()
  }

  /** The client sends no more: what it did not end is a line too. */
  readEnd(now: number): void {
    this.hasEnded = true
    this.#take(this.#decoder.end(), now)
  }

  #take(lines: readonly Line[], now: number): void {
    if (!this.#hasSpoken) this.firstLineBegunAt ??= now
    if (lines.length === 0) return
    this.#hasSpoken = true
    this.firstLineBegunAt = undefined
    this.lastLineAt = now
    this.isProbed = false
    for (const line of lines) this.lines.push(line)
  }
}
