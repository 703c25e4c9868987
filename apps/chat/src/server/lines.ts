import type { Broadcaster } from './broadcaster.ts'
import type { Announcement } from './join-announcer.ts'
import type { Member } from './member.ts'
import type { Room } from './room.ts'

/** Where the lines for all members go: to those of this process, or to those of every node of a cluster. */
export interface Lines {
  /** `member` says it: all the others get it. @returns false when it cannot be taken */
  say(member: Member, line: string): boolean
  /** The server says it, to all members but `except`. */
  announce(line: string, except: readonly Member[]): void
}

/** The newest lines that were said, for who joins. */
export class History {
  readonly #size: number
  readonly #lines: string[] = []

  /** @param size the most lines that are kept */
  constructor(size: number) {
    this.#size = size
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  add(line: string): void {
    if (this.#size === 0) return
    if (this.#lines.length === this.#size) this.#lines.shift()
    this.#lines.push(line)
  }
}

/** All members are clients of this process. */
export class LocalLines implements Lines {
  readonly #broadcaster: Broadcaster
  readonly #history: History

  constructor(broadcaster: Broadcaster, history: History) {
    this.#broadcaster = broadcaster
    this.#history = history
  }

  say(member: Member, line: string): true {
    this.#history.add(line)
    this.#broadcaster.sendToOthers(member, encode(line))
    return true
  }

  announce(line: string, except: readonly Member[]): void {
    this.#broadcaster.sendToAllBut(except, encode(line))
  }
}

/** Sends lines to the members: to one of them alone, or to all. */
export class LineSender {
  readonly #room: Room<Member>
  readonly #broadcaster: Broadcaster
  /** Those of the cluster, once this node is part of one. */
  lines: Lines

  constructor(room: Room<Member>, broadcaster: Broadcaster, lines: Lines) {
    this.#room = room
    this.#broadcaster = broadcaster
    this.lines = lines
  }

  sendTo(member: Member, line: string): void {
    // A copy: should it have to wait, it does not keep the pool in memory that `encode` takes its bytes from.
    this.#broadcaster.sendTo(member, new Uint8Array(encode(line)))
  }

  announce(announcements: readonly Announcement[]): void {
    for (const { line, except = [] } of announcements)
      this.lines.announce(
        line,
        except.flatMap((name) => this.#room.find(name) ?? []),
      )
  }
}

/** One line as it goes out: LF alone, which telnet and nc show as a line, and no control byte else. */
export function encode(line: string): Uint8Array {
  return Buffer.from(`${line}\n`)
}
