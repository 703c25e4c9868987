import type { Socket } from 'node:net'

import type { ConnectionRefusal } from '@sockyard/service/connection-counts'
import { createRateLimiter, type RateLimiter } from '@sockyard/service/rate-limiter'
import { peerKey } from '@sockyard/service/source-address'
import type { TcpConnection } from '@sockyard/service/tcp-server'

import { Arrivals } from './arrivals.ts'
import type { ServeOptions } from './config.ts'
import { Conversation, encode } from './conversation.ts'
import { Delivery } from './delivery.ts'
import type { Listener } from './listener.ts'
import { Member } from './member.ts'
import type { Mode, ModeTools } from './mode.ts'
import { judgeSpeaker, probeMillis, type Reason } from './patience.ts'
import { phrases } from './phrases.ts'
import { Room } from './room.ts'

const SECOND = 1_000
/** As many lines as in ten seconds may come at once: somebody pastes something. */
const BURST_SECONDS = 10
const SHORTEST_WAIT_MILLIS = 10

/** The chat: names, arrivals, lines, commands, and patience with each client. */
export class Chat implements Mode {
  /** Who only listens is asked whether it is still there; see sweep. */
  readonly idleMillis = 0
  readonly #options: ServeOptions
  readonly #tools: ModeTools
  readonly #room = new Room<Member>()
  readonly #members = new Map<Socket, Member>()
  readonly #arrivals = new Arrivals()
  readonly #delivery: Delivery
  readonly #conversation: Conversation
  readonly #limiter: RateLimiter
  #secondEndsAt = 0

  constructor(options: ServeOptions, tools: ModeTools) {
    this.#options = options
    this.#tools = tools
    this.#delivery = new Delivery(tools.metrics, (listener) => this.#cut(listener))
    const { rateLimit: perSecond, maxLine } = options
    this.#limiter = createRateLimiter({
      perSecond,
      burst: Math.max(1, perSecond * BURST_SECONDS),
    })
    this.#conversation = new Conversation({
      room: this.#room,
      delivery: this.#delivery,
      arrivals: this.#arrivals,
      metrics: tools.metrics,
      maxLine,
    })
  }

  enter(connection: TcpConnection): void {
    const member = new Member(connection, this.#options, performance.now())
    const name = this.#room.enter(member)
    this.#members.set(connection.socket, member)
    this.#tellAll(this.#arrivals.joined(name))
    this.#delivery.enter(member)
    this.#conversation.tell(member, phrases.welcome(name))
    this.#conversation.tell(member, phrases.here(this.#room.names, name))
    this.#tools.log.info({ member: name, address: connection.address }, 'joined')
    this.#listen(member)
  }

  refuse(socket: Socket, reason: ConnectionRefusal): void {
    socket.write(encode(phrases.refused[reason]))
  }

  dismiss({ socket }: TcpConnection): void {
    const member = this.#members.get(socket)
    if (member === undefined) return
    this.#conversation.tell(member, phrases.goingDown)
    this.#room.leave(member)
    this.#delivery.leave(member)
  }

  sweep(now: number): void {
    this.#delivery.cutSlowReaders(now)
    for (const member of this.#members.values()) this.#judge(member, now)
    if (now < this.#secondEndsAt) return
    this.#secondEndsAt = now + SECOND
    for (const line of this.#arrivals.endSecond()) this.#tellAll(line)
  }

  #listen(member: Member): void {
    const { socket } = member
    socket.on('data', (chunk: Buffer) => {
      const refusals = member.read(chunk, performance.now())
      if (refusals.length > 0) this.#delivery.tell(member, refusals)
      this.#hear(member)
    })
    socket.once('end', () => {
      member.readEnd(performance.now())
      this.#hear(member)
    })
    socket.once('close', () => {
      this.#members.delete(socket)
      this.#leave(member)
      this.#delivery.forget(member)
    })
  }

  /** Hears the lines of a member, as many as may be heard now. */
  #hear(member: Member): void {
    const { lines } = member
    const source = peerKey(member.connection.address)
    let heard = 0
    for (const line of lines) {
      const name = this.#room.nameOf(member)
      if (name === undefined) return
      if (!this.#delivery.isOpen) break
      if (this.#limiter.take(source) === 'limited') break
      heard += 1
      if (!this.#conversation.hear(member, name, line)) this.#leave(member)
    }
    lines.splice(0, heard)
    if (lines.length === 0) this.#goOn(member)
    else if (this.#delivery.isOpen) this.#wait(member)
    else this.#delivery.wait(member, () => this.#hear(member))
  }

  /** The rest of the lines waits, and so does what comes after them. */
  #wait(member: Member): void {
    const { rateLimit } = this.#options
    if (member.waiting.begin(performance.now())) {
      this.#conversation.tell(member, phrases.tooFast(rateLimit))
      this.#tools.metrics.held('rate')
    }
    member.hold('rate')
    const millis = Math.max(SHORTEST_WAIT_MILLIS, SECOND / rateLimit)
    setTimeout(() => this.#hear(member), millis).unref()
  }

  #goOn(member: Member): void {
    member.waiting.end(performance.now())
    member.release('rate')
    if (member.hasEnded) this.#leave(member)
  }

  #judge(member: Member, now: number): void {
    if (this.#room.nameOf(member) === undefined) return
    const verdict = judgeSpeaker(member, now, this.#options)
    if (verdict === 'probe') this.#probe(member)
    else if (verdict !== 'keep') this.#drop(member, verdict)
  }

  #probe(member: Member): void {
    member.isProbed = true
    this.#conversation.tell(member, phrases.probe(probeMillis(this.#options.idleTimeout)))
  }

  #drop(member: Member, reason: Exclude<Reason, 'slow-reader'>): void {
    this.#conversation.tell(member, phrases.dropped[reason])
    this.#dropped(member, reason)
    this.#leave(member)
  }

  #cut(listener: Listener): void {
    const member = this.#members.get(listener.socket)
    if (member === undefined) return
    this.#dropped(member, 'slow-reader')
    this.#leave(member)
  }

  #dropped(member: Member, reason: Reason): void {
    this.#tools.metrics.dropped(reason)
    const { address } = member.connection
    this.#tools.log.warn({ member: this.#room.nameOf(member), address, reason }, 'dropped')
  }

  /** Whatever the reason is, once: it is gone for the others, and hears what was said up to now. */
  #leave(member: Member): void {
    const name = this.#room.leave(member)
    if (name === undefined) return
    this.#delivery.leave(member)
    this.#tellAll(this.#arrivals.left(name))
    this.#tools.log.info({ member: name, address: member.connection.address }, 'left')
  }

  #tellAll(line: string | undefined): void {
    if (line !== undefined) this.#conversation.tellAll(line)
  }
}
