import { type RejectReason, RateLimiter } from '@sockyard/net/access'
import type { ConnectionHandler, TcpConnection } from '@sockyard/net/tcp'

import type { ServeOptions } from '../config.ts'
import { messages } from '../messages.ts'
import { Broadcaster, type CutReason } from './broadcaster.ts'
import { checkSpeaker, probeMillis, type DropReason } from './client-limits.ts'
import type { ClientWriter } from './client-writer.ts'
import type { ClusterLines } from './cluster-lines.ts'
import { Commands } from './commands.ts'
import { JoinAnnouncer, NAMING_MILLIS } from './join-announcer.ts'
import { encode, History, LineSender, LocalLines } from './lines.ts'
import { MemberNames } from './member-names.ts'
import { Member } from './member.ts'
import type { Mode, ModeContext } from './mode.ts'
import { Room } from './room.ts'

const SECOND = 1_000
/** As many lines as in ten seconds may come at once: a paste. */
const BURST_SECONDS = 10
const SHORTEST_WAIT_MILLIS = 10

/** The chat: names, joining and leaving, lines, commands, and the limits of each client. */
export class Chat implements Mode {
  /** A client that only listens is probed instead; see `sweep`. */
  readonly idleMillis = 0
  readonly #options: ServeOptions
  readonly #context: ModeContext
  readonly #room = new Room<Member>()
  /** By the number of the connection. */
  readonly #members = new Map<number, Member>()
  readonly #announcer = new JoinAnnouncer()
  readonly #broadcaster: Broadcaster
  readonly #history: History
  readonly #sender: LineSender
  readonly #names: MemberNames
  readonly #commands: Commands
  #cluster: ClusterLines | undefined
  readonly #limiter: RateLimiter
  #secondEndsAt = 0
  #announcing: NodeJS.Timeout | undefined

  constructor(options: ServeOptions, context: ModeContext) {
    this.#options = options
    this.#context = context
    this.#broadcaster = new Broadcaster(options, context.metrics, (client, reason) =>
      this.#onCut(client, reason),
    )
    const { rateLimit: perSecond, maxLine } = options
    this.#limiter = new RateLimiter({
      perSecond,
      burst: Math.max(1, perSecond * BURST_SECONDS),
    })
    this.#history = new History(options.history)
    const lines = new LocalLines(this.#broadcaster, this.#history)
    this.#sender = new LineSender(this.#room, this.#broadcaster, lines)
    const shared = {
      room: this.#room,
      sender: this.#sender,
      announcer: this.#announcer,
      metrics: context.metrics,
    }
    const onNamed = (member: Member): void => this.#handleLines(member)
    this.#names = new MemberNames({ ...shared, onNamed })
    this.#commands = new Commands({ ...shared, names: this.#names, maxLine })
  }

  /** Without a cluster nothing of it is loaded. */
  async start(signal: AbortSignal): Promise<void> {
    if (this.#options.cluster.length === 0) return
    const { ClusterLines } = await import('./cluster-lines.ts')
    const { ClusterNames } = await import('./cluster-names.ts')
    this.#cluster = await ClusterLines.open(
      this.#options,
      {
        broadcaster: this.#broadcaster,
        history: this.#history,
        log: this.#context.log,
        memberOf: (id) => this.#members.get(id),
      },
      signal,
    )
    this.#sender.lines = this.#cluster
    const onLost = (name: string): void => this.#names.lost(name)
    this.#names.use(await ClusterNames.open(this.#options, onLost, signal))
  }

  async stop(drained: AbortSignal): Promise<void> {
    await this.#cluster?.close(drained)
    await this.#names.close()
  }

  accept(connection: TcpConnection): ConnectionHandler {
    const now = performance.now()
    const member = new Member(connection, this.#options, now)
    const name = this.#room.join(member)
    this.#members.set(connection.id, member)
    this.#announcer.joined(name, now)
    if (this.#announcing === undefined) this.#announceAfter(NAMING_MILLIS)
    this.#broadcaster.add(member)
    this.#sender.sendTo(member, messages.welcome(name))
    this.#sender.sendTo(member, messages.here(this.#room.names, name))
    for (const line of this.#history.lines) this.#sender.sendTo(member, line)
    if (this.#cluster?.isWaiting === true) this.#sender.sendTo(member, messages.waiting)
    this.#context.log.info({ member: name, address: connection.address }, 'joined')
    this.#names.joined(member, name)
    return this.#handlerOf(member)
  }

  rejectionMessage(reason: RejectReason): Uint8Array {
    return encode(messages.rejected[reason])
  }

  disconnect(connection: TcpConnection): void {
    const member = this.#members.get(connection.id)
    if (member === undefined) return
    this.#sender.sendTo(member, messages.goingDown)
    const name = this.#room.leave(member)
    this.#broadcaster.remove(member)
    // The members of this node are all told that it stops; those of the others stay.
    if (this.#cluster !== undefined && name !== undefined)
      this.#sender.announce(this.#announcer.left(name))
  }

  sweep(now: number): void {
    this.#broadcaster.disconnectSlowReaders(now)
    for (const member of this.#members.values()) this.#check(member, now)
    if (now < this.#secondEndsAt) return
    this.#secondEndsAt = now + SECOND
    this.#sender.announce(this.#announcer.endSecond(now))
  }

  #handlerOf(member: Member): ConnectionHandler {
    return {
      onData: (_connection, bytes) => {
        const refusals = member.read(bytes, performance.now())
        if (refusals.length > 0) this.#broadcaster.sendTo(member, refusals)
        if (member.takeAreYouThere()) this.#sender.sendTo(member, messages.present)
        this.#handleLines(member)
      },
      onEnd: () => {
        member.readEnd(performance.now())
        this.#handleLines(member)
      },
      onDrain: () => member.drained(),
      onClose: (connection) => {
        this.#members.delete(connection.id)
        this.#leave(member)
        this.#broadcaster.forget(member)
      },
    }
  }

  /** Carries out the lines of a member, as many as may be carried out now. */
  #handleLines(member: Member): void {
    const { lines } = member
    if (member.isNaming) return member.hold('naming')
    member.release('naming')
    while (lines.length > 0 && this.#handleSome(member));
    if (member.isNaming) member.hold('naming')
    else if (lines.length === 0) this.#resume(member)
    else if (this.#room.nameOf(member) === undefined) return
    else if (this.#broadcaster.isOpen) this.#delay(member)
    else this.#broadcaster.wait(member, () => this.#handleLines(member))
  }

  /** @returns whether all that were there are carried out; there may be more then */
  #handleSome(member: Member): boolean {
    const { lines } = member
    const source = member.connection.address
    let handled = 0
    for (const line of lines) {
      const name = this.#room.nameOf(member)
      if (name === undefined) return false
      if (member.isNaming || !this.#broadcaster.isOpen) break
      if (this.#limiter.take(source) === 'limited') break
      handled += 1
      if (!this.#commands.handle(member, name, line)) this.#leave(member)
    }
    const isAll = handled === lines.length
    member.handled(handled, performance.now())
    return isAll
  }

  /** The rest of the lines waits, and nothing more is read meanwhile. */
  #delay(member: Member): void {
    const { rateLimit } = this.#options
    if (member.waiting.begin(performance.now())) {
      this.#sender.sendTo(member, messages.tooFast(rateLimit))
      this.#context.metrics.held('rate')
    }
    member.hold('rate')
    const millis = Math.max(SHORTEST_WAIT_MILLIS, SECOND / rateLimit)
    setTimeout(() => this.#handleLines(member), millis).unref()
  }

  #resume(member: Member): void {
    member.waiting.end(performance.now())
    member.release('rate')
    if (member.hasEnded) this.#leave(member)
  }

  #check(member: Member, now: number): void {
    if (this.#room.nameOf(member) === undefined) return
    const verdict = checkSpeaker(member, now, this.#options)
    if (verdict === 'probe') this.#probe(member)
    else if (verdict !== 'keep') this.#drop(member, verdict)
  }

  #probe(member: Member): void {
    member.isProbed = true
    this.#sender.sendTo(member, messages.probe(probeMillis(this.#options.idleTimeout)))
  }

  #drop(member: Member, reason: Exclude<DropReason, CutReason>): void {
    this.#sender.sendTo(member, messages.dropped[reason])
    this.#recordDrop(member, reason)
    this.#leave(member)
  }

  #onCut(client: ClientWriter, reason: CutReason): void {
    const member = this.#members.get(client.connection.id)
    if (member === undefined || this.#room.nameOf(member) === undefined) return
    this.#recordDrop(member, reason)
    this.#leave(member)
  }

  #recordDrop(member: Member, reason: DropReason): void {
    this.#context.metrics.dropped(reason)
    const { address } = member.connection
    this.#context.log.warn({ member: this.#room.nameOf(member), address, reason }, 'dropped')
  }

  /** Once for each member, for any reason: the others are notified, and it gets the lines up to now. */
  #leave(member: Member): void {
    const name = this.#room.leave(member)
    if (name === undefined) return
    this.#broadcaster.remove(member)
    this.#names.left(name)
    this.#sender.announce(this.#announcer.left(name))
    this.#context.log.info({ member: name, address: member.connection.address }, 'left')
  }

  /** Until all had time to choose a name; what is too much for single lines waits for the summary. */
  #announceJoins(): void {
    const now = performance.now()
    this.#sender.announce(this.#announcer.due(now))
    this.#announcing = undefined
    if (this.#announcer.isNaming(now)) this.#announceAfter(NAMING_MILLIS / 4)
  }

  #announceAfter(millis: number): void {
    this.#announcing = setTimeout(() => this.#announceJoins(), millis).unref()
  }
}
