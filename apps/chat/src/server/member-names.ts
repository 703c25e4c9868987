import { messages } from '../messages.ts'
import type { ClusterNames } from './cluster-names.ts'
import type { JoinAnnouncer } from './join-announcer.ts'
import type { LineSender } from './lines.ts'
import type { Member } from './member.ts'
import type { ChatMetrics } from './metrics.ts'
import type { Renamed, Room } from './room.ts'

/** What the names act on. */
interface NamesContext {
  room: Room<Member>
  sender: LineSender
  announcer: JoinAnnouncer
  metrics: ChatMetrics
  /** A name was claimed for `member`, or not: its lines may go on. */
  onNamed: (member: Member) => void
}

/** The names of the members, each of which has its own: in a cluster among those of all nodes. */
export class MemberNames {
  readonly #context: NamesContext
  /** The names of all nodes, in a cluster. */
  #cluster: ClusterNames | undefined

  constructor(context: NamesContext) {
    this.#context = context
  }

  /** From now on names are claimed in a cluster. */
  use(cluster: ClusterNames): void {
    this.#cluster = cluster
  }

  async close(): Promise<void> {
    await this.#cluster?.close()
  }

  /** A member has joined under a generated name. */
  joined(member: Member, name: string): void {
    if (this.#cluster !== undefined) void this.#claimFirst(this.#cluster, member, name)
  }

  /** The name of a member that has left is free. */
  left(name: string): void {
    this.#cluster?.release(name)
  }

  /** A member of another node has it: the one of this node gets a new name. */
  lost(name: string): void {
    const { room, sender, announcer } = this.#context
    const member = room.find(name)
    if (member === undefined) return
    sender.sendTo(member, messages.taken(name))
    const renamed = room.rename(member, room.generate())
    if (renamed.outcome !== 'renamed') return
    sender.announce(announcer.renamed(name, renamed.to))
    sender.sendTo(member, messages.unchanged(renamed.to))
    this.#cluster?.claimLater(renamed.to)
  }

  /** `/nick`: renames the member when the name is free. */
  rename(member: Member, wanted: string): void {
    const { room } = this.#context
    const renamed = room.check(member, wanted)
    if (this.#cluster === undefined || renamed.outcome !== 'renamed')
      return this.#renamed(member, room.rename(member, wanted), wanted)
    void this.#claim(this.#cluster, member, renamed)
  }

  /** Nothing is said under a name before it is known whether a member of another node has it. */
  async #claimFirst(cluster: ClusterNames, member: Member, name: string): Promise<void> {
    member.isNaming = true
    const outcome = await cluster.claim(name)
    member.isNaming = false
    if (outcome === 'unreachable') cluster.claimLater(name)
    if (outcome === 'taken') this.lost(name)
    else if (this.#context.room.find(name) === undefined) cluster.release(name)
    this.#context.onNamed(member)
  }

  /** `to` is free on this node: on the others, too? */
  async #claim(
    cluster: ClusterNames,
    member: Member,
    { from, to }: { from: string; to: string },
  ): Promise<void> {
    const { room, sender, onNamed } = this.#context
    member.isNaming = true
    const outcome = await cluster.claim(to, from)
    member.isNaming = false
    const renamed = outcome === 'claimed' ? room.rename(member, to) : undefined
    if (renamed?.outcome === 'renamed') cluster.release(from, to)
    // It left, or another member of this node was faster.
    else if (outcome === 'claimed' && room.find(to) === undefined) cluster.release(to)
    if (renamed !== undefined) this.#renamed(member, renamed, to)
    else if (outcome === 'taken') this.#renamed(member, { outcome }, to)
    else sender.sendTo(member, messages.unreachableName)
    onNamed(member)
  }

  #renamed(member: Member, renamed: Renamed, wanted: string): void {
    const { sender, announcer, metrics } = this.#context
    switch (renamed.outcome) {
      case 'renamed': {
        const announcements = announcer.renamed(renamed.from, renamed.to)
        if (announcements.length > 0) return sender.announce(announcements)
        return sender.sendTo(member, messages.renamed(renamed.from, renamed.to))
      }
      case 'unchanged':
        return sender.sendTo(member, messages.unchanged(wanted))
      case 'taken':
        metrics.nameRejected('taken')
        return sender.sendTo(member, messages.taken(wanted))
      case 'malformed':
        metrics.nameRejected('malformed')
        return sender.sendTo(member, messages.malformedName(renamed.reason))
    }
  }
}
