import { type ChatInput, type Line, parseChatInput } from '@sockyard/protocol/chat'

import type { Arrivals } from './arrivals.ts'
import type { Delivery } from './delivery.ts'
import type { Member } from './member.ts'
import type { ChatMetrics } from './metrics.ts'
import { phrases } from './phrases.ts'
import type { Room } from './room.ts'

/** What a conversation works with. */
export interface ConversationParts {
  room: Room<Member>
  delivery: Delivery
  arrivals: Arrivals
  metrics: ChatMetrics
  maxLine: number
}

/** Does what a line asks for. */
export class Conversation {
  readonly #parts: ConversationParts

  constructor(parts: ConversationParts) {
    this.#parts = parts
  }

  /** @returns false when the member wants to leave */
  hear(member: Member, name: string, line: Line): boolean {
    if (line.truncated) this.#truncated(member)
    const input = parseChatInput(line.text)
    this.#follow(member, name, input)
    return input.kind !== 'quit'
  }

  tell(member: Member, line: string): void {
    this.#parts.delivery.tell(member, encode(line))
  }

  tellAll(line: string): void {
    this.#parts.delivery.sayToAll(encode(line))
  }

  #others(member: Member, line: string): void {
    this.#parts.delivery.sayToOthers(member, encode(line))
  }

  #truncated(member: Member): void {
    this.#parts.metrics.truncated()
    this.tell(member, phrases.truncated(this.#parts.maxLine))
  }

  #follow(member: Member, name: string, input: ChatInput): void {
    switch (input.kind) {
      case 'say':
        return this.#others(member, phrases.said(name, input.text))
      case 'me':
        return this.#others(member, phrases.did(name, input.text))
      case 'nick':
        return this.#rename(member, name, input.name)
      case 'who':
        return this.tell(member, phrases.here(this.#parts.room.names, name))
      case 'help':
        return this.tell(member, phrases.help)
      case 'unknown':
        return this.tell(member, phrases.unknown(input.command))
      case 'quit':
        return this.tell(member, phrases.goodbye)
      case 'empty':
    }
  }

  #rename(member: Member, name: string, wanted: string): void {
    const { room, arrivals, metrics } = this.#parts
    const renamed = room.rename(member, wanted)
    switch (renamed.outcome) {
      case 'renamed':
        arrivals.renamed(renamed.from, renamed.to)
        return this.tellAll(phrases.renamed(renamed.from, renamed.to))
      case 'unchanged':
        return this.tell(member, phrases.unchanged(name))
      case 'taken':
        metrics.nameRefused('taken')
        return this.tell(member, phrases.taken(wanted))
      case 'malformed':
        metrics.nameRefused('malformed')
        return this.tell(member, phrases.malformedName(renamed.reason))
    }
  }
}

/** One line as it goes out: LF alone, which telnet and nc show as a line, and no control byte else. */
export function encode(line: string): Uint8Array {
  return Buffer.from(`${line}\n`)
}
