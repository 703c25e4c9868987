import { type ChatInput, type Line, parseChatInput } from '@sockyard/protocol/chat'

import { messages } from '../messages.ts'
import type { JoinAnnouncer } from './join-announcer.ts'
import type { LineSender } from './lines.ts'
import type { MemberNames } from './member-names.ts'
import type { Member } from './member.ts'
import type { ChatMetrics } from './metrics.ts'
import type { Room } from './room.ts'

/** What the commands act on. */
interface CommandContext {
  room: Room<Member>
  names: MemberNames
  sender: LineSender
  announcer: JoinAnnouncer
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

  #others(member: Member, name: string, line: string): void {
    const { announcer, sender } = this.#context
    sender.announce(announcer.before(name))
    if (!sender.lines.say(member, line)) sender.sendTo(member, messages.notTaken)
  }

  #truncated(member: Member): void {
    const { metrics, sender, maxLine } = this.#context
    metrics.truncated()
    sender.sendTo(member, messages.truncated(maxLine))
  }

  #carryOut(member: Member, name: string, input: ChatInput): void {
    const { room, names, sender } = this.#context
    switch (input.kind) {
      case 'say':
        return this.#others(member, name, messages.said(name, input.text))
      case 'me':
        return this.#others(member, name, messages.did(name, input.text))
      case 'nick':
        return names.rename(member, input.name)
      case 'who':
        return sender.sendTo(member, messages.here(room.names, name))
      case 'help':
        return sender.sendTo(member, messages.help)
      case 'unknown':
        return sender.sendTo(member, messages.unknown(input.command))
      case 'quit':
        return sender.sendTo(member, messages.goodbye)
      case 'empty':
    }
  }
}
