import { readUint32 } from '../wire/bytes.ts'
import { encodePacket } from '../wire/packet-builder.ts'
import { decodePacket } from '../wire/packet.ts'
import type { Packet } from '../wire/packet.ts'
import { AssociationTable } from './association-table.ts'
import { Association } from './association.ts'
import { CookieJar } from './cookie-jar.ts'
import { abort } from './ending.ts'
import { startHandshake } from './handshake.ts'
import type { Outlet } from './host.ts'
import type { ListeningHost } from './listening-host.ts'
import type { Message, Notification } from './notification.ts'
import { Path } from './path.ts'
import type { ProtocolParameters } from './protocol-parameters.ts'
import { routePacket } from './route-packet.ts'
import { advanceShutdown, startShutdown } from './shutdown.ts'
import { expireTimers } from './timers.ts'
import { transmit } from './transmission.ts'
import type { Route } from './transport-address.ts'
import { WakeQueue } from './wake-queue.ts'

/** What an engine is made of. */
export interface EngineOptions {
  parameters: ProtocolParameters
  /** Our SCTP port. */
  localPort: number
  /** Are associations that peers begin accepted? */
  listening: boolean
  /** Unpredictable bytes. */
  random: (size: number) => Uint8Array
  outlet: Outlet
  /** Present where packets can be kept from being fragmented; see `Host`. */
  linkMtu?: (local: string) => number
}

/**
 * The SCTP side of one endpoint, without sockets or clock: bytes, the time (milliseconds of a clock
 * that only goes forward) and random numbers come in, packets and events go out. After whatever came
 * in, `flush` sends what it gave rise to; by `nextDeadline`, `expire` wants to be called.
 */
export class Engine implements ListeningHost {
  readonly parameters: ProtocolParameters
  readonly localPort: number
  readonly cookies: CookieJar
  readonly table = new AssociationTable()
  now: number
  listening: boolean
  readonly #random: (size: number) => Uint8Array
  readonly #outlet: Outlet
  readonly #linkMtu: EngineOptions['linkMtu']
  readonly #touched = new Set<Association>()
  readonly #wakes = new WakeQueue()
  #lastId = 0

  constructor(options: EngineOptions, now: number) {
    this.parameters = options.parameters
    this.localPort = options.localPort
    this.listening = options.listening
    this.now = now
    this.#random = options.random
    this.#outlet = options.outlet
    this.#linkMtu = options.linkMtu
    this.cookies = new CookieJar(options.random, 2 * options.parameters.cookieLifeMillis, now)
  }

  /** Takes one datagram's payload. Any bytes are fine; the verdict is for counting. */
  receive(bytes: Uint8Array, from: Route, now: number): string {
    this.now = now
    const packet = decodePacket(bytes)
    return packet.ok ? routePacket(this, packet.value, from) : 'malformed'
  }

  /** Begins an association with the SCTP port `peerPort` at `to` (RFC 9260 section 5.1 A); its number. */
  associate(to: Route, peerPort: number, now: number): number {
    this.now = now
    const id = this.newId()
    const association = new Association(this, id, peerPort, this.newTag(), this.newTsn())
    association.paths.add(new Path(to, 'active', this))
    this.admit(association)
    startHandshake(association)
    this.touch(association)
    return id
  }

  /** Ends an association once all that was sent is acknowledged (RFC 9260 section 9.2). */
  shutdown(id: number, now: number): void {
    this.now = now
    const association = this.table.byId(id)
    if (association) startShutdown(association)
  }

  /** Ends an association at once (RFC 9260 section 9.1); the peer is told the causes. */
  abort(id: number, causes: Parameters<typeof abort>[1], now: number): void {
    this.now = now
    const association = this.table.byId(id)
    if (association) abort(association, causes)
  }

  /** Sends all that the latest events gave rise to. */
  flush(now: number): void {
    this.now = now
    for (const association of this.#touched) {
      this.#touched.delete(association)
      if (association.state === 'CLOSED') continue
      transmit(association)
      advanceShutdown(association)
      this.#tellDrained(association)
      this.#wakes.schedule(association)
    }
  }

  #tellDrained(association: Association): void {
    const buffered = association.transfer?.outbound.bufferedBytes ?? 0
    if (!association.owesDrain || buffered > this.parameters.sendBufferBytes / 2) return
    association.owesDrain = false
    this.notify({ type: 'drain', association: association.id })
  }

  /** When `expire` must be called at the latest; infinity while no timer runs. */
  get nextDeadline(): number {
    return this.#wakes.next
  }

  /** Does what the timers ask for that have run out by `now`. */
  expire(now: number): void {
    this.now = now
    for (let due = this.#wakes.take(now); due; due = this.#wakes.take(now)) {
      if (due.state !== 'CLOSED') expireTimers(due)
    }
  }

  get accepting(): boolean {
    return this.listening && this.table.size < this.parameters.maximumAssociations
  }

  random(size: number): Uint8Array {
    return this.#random(size)
  }

  newId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  /** Never 0, which stands for "none yet", and never one in use (RFC 9260 section 5.3.1). */
  newTag(): number {
    for (;;) {
      const tag = readUint32(this.random(4), 0)
      if (tag !== 0 && !this.table.byTag(tag)) return tag
    }
  }

  newTsn(): number {
    return readUint32(this.random(4), 0)
  }

  admit(association: Association): void {
    this.table.add(association)
  }

  forget(association: Association): void {
    this.table.remove(association)
    this.#touched.delete(association)
  }

  relocate(association: Association, change: () => void): void {
    this.table.remove(association)
    change()
    this.table.add(association)
  }

  touch(association: Association): void {
    this.#touched.add(association)
  }

  linkMtu(local: string): number | undefined {
    return this.#linkMtu?.(local)
  }

  transmit(packet: Uint8Array, to: Route, how: 'whole' | 'in-fragments'): void {
    this.#outlet.transmit(packet, to, how)
  }

  deliver(message: Message): void {
    this.#outlet.deliver(message)
  }

  notify(notification: Notification): void {
    this.#outlet.notify(notification)
  }

  reply(packet: Packet, to: Route): void {
    this.transmit(encodePacket(packet), to, 'whole')
  }
}
