import { type ChatInput, type Line, parseChatInput } from '@sockyard/protocol/chat'

import { messages } from '../messages.ts'
import type { Broadcaster } from './broadcaster.ts'
import type { Announcement, JoinAnnouncer } from './join-announcer.ts'
import { encode, type Lines } from './lines.ts'
import type { Member } from './member.ts'
import type { ChatMetrics } from './metrics.ts'
import type { Room } from './room.ts'

/** What the commands act on. */
export interface CommandContext {
  room: Room<Member>
  broadcaster: Broadcaster
  announcer: JoinAnnouncer
  lines: Lines
  metrics: ChatMetrics
  maxLine: number
}

/** Carries out what a line asks for: something said, or a command. */
export class Commands {
  readonly #context: CommandContext

  constructor(context: CommandContext) {
    this.#context = context
  }

  /** @returns false when the member wants to leave */
  handle(member: Member, name: string, line: Line): boolean {
    if (line.truncated) this.#truncated(member)
    const input = parseChatInput(line.text)
    this.#carryOut(member, name, input)
    return input.kind !== 'quit'
  }

  sendTo(member: Member, line: string): void {
    // A copy: should it have to wait, it does not keep the pool in memory that `encode` takes its bytes from.
    this.#context.broadcaster.sendTo(member, new Uint8Array(encode(line)))
  }

  announce(announcements: readonly Announcement[]): void {
    const { room, lines } = this.#context
    for (const { line, except = [] } of announcements)
      lines.announce(
        line,
        except.flatMap((name) => room.find(name) ?? []),
      )
  }

  #others(member: Member, name: string, line: string): void {
    const { announcer, lines } = this.#context
    this.announce(announcer.before(name))
    if (!lines.say(member, line)) this.sendTo(member, messages.notTaken)
  }

  #truncated(member: Member): void {
    this.#context.metrics.truncated()
    this.sendTo(member, messages.truncated(this.#context.maxLine))
  }

  #carryOut(member: Member, name: string, input: ChatInput): void {
    switch (input.kind) {
      case 'say':
        return this.#others(member, name, messages.said(name, input.text))
      case 'me':
        return this.#others(member, name, messages.did(name, input.text))
      case 'nick':
        return this.#rename(member, name, input.name)
      case 'who':
        return this.sendTo(member, messages.here(this.#context.room.names, name))
      case 'help':
        return this.sendTo(member, messages.help)
      case 'unknown':
        return this.sendTo(member, messages.unknown(input.command))
      case 'quit':
        return this.sendTo(member, messages.goodbye)
      case 'empty':
    }
  }

  #rename(member: Member, name: string, wanted: string): void {
    const { room, announcer, metrics } = this.#context
    const renamed = room.rename(member, wanted)
    switch (renamed.outcome) {
      case 'renamed': {
        const announcements = announcer.renamed(renamed.from, renamed.to)
        if (announcements.length > 0) return this.announce(announcements)
        return this.sendTo(member, messages.renamed(renamed.from, renamed.to))
      }
      case 'unchanged':
        return this.sendTo(member, messages.unchanged(name))
      case 'taken':
        metrics.nameRejected('taken')
        return this.sendTo(member, messages.taken(wanted))
      case 'malformed':
        metrics.nameRejected('malformed')
        return this.sendTo(member, messages.malformedName(renamed.reason))
    }
  }
}
