import { type ChatInput, type Line, parseChatInput } from '@sockyard/protocol/chat'

import { messages } from '../messages.ts'
import type { Broadcaster } from './broadcaster.ts'
import type { ClusterNames } from './cluster-names.ts'
import type { Announcement, JoinAnnouncer } from './join-announcer.ts'
import { encode, type Lines } from './lines.ts'
import type { Member } from './member.ts'
import type { ChatMetrics } from './metrics.ts'
import type { Renamed, Room } from './room.ts'

/** What the commands act on. */
export interface CommandContext {
  room: Room<Member>
  broadcaster: Broadcaster
  announcer: JoinAnnouncer
  lines: Lines
  /** The names of all nodes, in a cluster. */
  names: ClusterNames | undefined
  /** A name was claimed for `member`, or not: its lines may go on. */
  onNamed: (member: Member) => void
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
        return this.#rename(member, input.name)
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

  #rename(member: Member, wanted: string): void {
    const { room, names } = this.#context
    const renamed = room.check(member, wanted)
    if (names === undefined || renamed.outcome !== 'renamed')
      return this.#renamed(member, room.rename(member, wanted), wanted)
    void this.#claim(names, member, renamed)
  }

  /** `to` is free on this node: on the others, too? */
  async #claim(
    names: ClusterNames,
    member: Member,
    { from, to }: { from: string; to: string },
  ): Promise<void> {
    const { room, onNamed } = this.#context
    member.isNaming = true
    const outcome = await names.claim(to, from)
    member.isNaming = false
    const renamed = outcome === 'claimed' ? room.rename(member, to) : undefined
    if (renamed?.outcome === 'renamed') names.release(from, to)
    // It left, or another member of this node was faster.
    else if (outcome === 'claimed' && room.find(to) === undefined) names.release(to)
    if (renamed !== undefined) this.#renamed(member, renamed, to)
    else if (outcome === 'taken') this.#renamed(member, { outcome }, to)
    else this.sendTo(member, messages.unreachableName)
    onNamed(member)
  }

  #renamed(member: Member, renamed: Renamed, wanted: string): void {
    const { announcer, metrics } = this.#context
    switch (renamed.outcome) {
      case 'renamed': {
        const announcements = announcer.renamed(renamed.from, renamed.to)
        if (announcements.length > 0) return this.announce(announcements)
        return this.sendTo(member, messages.renamed(renamed.from, renamed.to))
      }
      case 'unchanged':
        return this.sendTo(member, messages.unchanged(wanted))
      case 'taken':
        metrics.nameRejected('taken')
        return this.sendTo(member, messages.taken(wanted))
      case 'malformed':
        metrics.nameRejected('malformed')
        return this.sendTo(member, messages.malformedName(renamed.reason))
    }
  }
}
