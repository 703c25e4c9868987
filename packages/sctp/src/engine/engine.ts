import { abort } from '../association/abort.ts'
import { Association, type Transport } from '../association/association.ts'
import type { Message, Notification } from '../association/notification.ts'
import type { ProtocolParameters } from '../association/protocol-parameters.ts'
import { advanceShutdown, startShutdown } from '../association/shutdown.ts'
import { expireTimers } from '../association/timers.ts'
import { startHandshake } from '../handshake/initiate.ts'
import type { ListeningContext } from '../handshake/listening-context.ts'
import { CookieSigner } from '../handshake/state-cookie.ts'
import { Path } from '../paths/path.ts'
import type { Route, TransportAddress } from '../paths/transport-address.ts'
import { transmit } from '../transmission/transmit.ts'
import { readUint32 } from '../wire/bytes.ts'
import { CAUSE_CODE, textCause } from '../wire/error-cause.ts'
import { decodePacket, encodePacket, type Packet } from '../wire/packet.ts'
import { AssociationTable } from './association-table.ts'
import { routePacket } from './route-packet.ts'
import { TimerQueue } from './timer-queue.ts'

const OUT_OF_RESOURCE = [
  { code: CAUSE_CODE.OUT_OF_RESOURCE, information: new Uint8Array(0) },
  textCause(CAUSE_CODE.USER_INITIATED_ABORT, 'the receive buffers of all associations are full'),
]

const heldBytes = ({ transfer }: Association): number => transfer?.inbound.heldBytes ?? 0

/** What an engine is made of. */
export interface EngineOptions {
  parameters: ProtocolParameters
  /** Our SCTP port. */
  localPort: number
  /** Are associations that peers begin accepted? */
  listening: boolean
  /** Unpredictable bytes. */
  random: (size: number) => Uint8Array
  transport: Transport
  /** Present where packets can be kept from being fragmented; see `Host`. */
  linkMtu?: (local: string) => number
  /** Why datagrams from there are not looked at, and none are sent there unasked; undefined when they are. */
  refusal?: (from: TransportAddress) => string | undefined
}

/**
 * The SCTP side of one endpoint, without sockets or clock: bytes, the time (milliseconds of a clock
 * that only goes forward) and random numbers come in, packets and events go out. After whatever came
 * in, `flush` sends what it gave rise to; by `nextDeadline`, `expire` wants to be called.
 */
export class Engine implements ListeningContext {
  readonly parameters: ProtocolParameters
  readonly localPort: number
  readonly cookies: CookieSigner
  readonly table = new AssociationTable()
  readonly receiveTotal = { heldBytes: 0 }
  now: number
  listening: boolean
  readonly #random: (size: number) => Uint8Array
  readonly #transport: Transport
  readonly #linkMtu: EngineOptions['linkMtu']
  readonly #refusal: EngineOptions['refusal']
  readonly #pending = new Set<Association>()
  readonly #timers = new TimerQueue()
  #lastId = 0

  constructor(options: EngineOptions, now: number) {
    this.parameters = options.parameters
    this.localPort = options.localPort
    this.listening = options.listening
    this.now = now
    this.#random = options.random
    this.#transport = options.transport
    this.#linkMtu = options.linkMtu
    this.#refusal = options.refusal
    this.cookies = new CookieSigner(options.random, 2 * options.parameters.cookieLifeMillis, now)
  }

  /** Takes one datagram's payload. Any bytes are fine; the verdict is for counting. */
  receive(bytes: Uint8Array, from: Route, now: number): string {
    this.now = now
    const packet = decodePacket(bytes)
    if (!packet.ok) return 'malformed'
    const verdict = routePacket(this, packet.value, from)
    if (this.receiveTotal.heldBytes > this.parameters.totalReceiveBufferBytes)
      this.#freeReceiveBuffers()
    return verdict
  }

  /**
   * More is held than may be in all: the association that holds most gives up what its peer will send again
   * (RFC 9260 section 6.2), and if there is nothing of that kind it is ended (section 3.3.10.4).
   */
  #freeReceiveBuffers(): void {
    while (this.receiveTotal.heldBytes > this.parameters.totalReceiveBufferBytes) {
      const largest = this.table.all().reduce((a, b) => (heldBytes(b) > heldBytes(a) ? b : a))
      if (largest.transfer?.inbound.renege() !== true) abort(largest, OUT_OF_RESOURCE)
    }
  }

  /** Begins an association with the SCTP port `peerPort` at `to` (RFC 9260 section 5.1 A); its number. */
  associate(to: Route, peerPort: number, now: number): number {
    this.now = now
    const id = this.newId()
    const association = new Association(this, id, peerPort, this.newTag(), this.newTsn())
    association.paths.add(new Path(to, 'active', this))
    this.add(association)
    startHandshake(association)
    this.markPending(association)
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
    for (const association of this.#pending) {
      this.#pending.delete(association)
      if (association.state === 'CLOSED') continue
      transmit(association)
      advanceShutdown(association)
      this.#notifyDrained(association)
      this.#timers.schedule(association)
    }
  }

  #notifyDrained(association: Association): void {
    const buffered = association.transfer?.outbound.bufferedBytes ?? 0
    if (!association.drainDue || buffered > this.parameters.sendBufferBytes / 2) return
    association.drainDue = false
    this.notify({ type: 'drain', association: association.id })
  }

  /** When `expire` must be called at the latest; infinity while no timer runs. */
  get nextDeadline(): number {
    return this.#timers.next
  }

  /** Does what the timers ask for that have run out by `now`. */
  expire(now: number): void {
    this.now = now
    for (let due = this.#timers.take(now); due; due = this.#timers.take(now)) {
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

  add(association: Association): void {
    this.table.add(association)
  }

  remove(association: Association): void {
    this.table.remove(association)
    this.#pending.delete(association)
    this.#timers.forget(association)
  }

  reindex(association: Association, change: () => void): void {
    if (association.ended) return
    this.table.remove(association)
    change()
    this.table.add(association)
  }

  markPending(association: Association): void {
    if (!association.ended) this.#pending.add(association)
  }

  refusal(from: TransportAddress): string | undefined {
    return this.#refusal?.(from)
  }

  linkMtu(local: string): number | undefined {
    return this.#linkMtu?.(local)
  }

  transmit(packet: Uint8Array, to: Route, how: 'whole' | 'in-fragments'): void {
    this.#transport.transmit(packet, to, how)
  }

  deliver(message: Message): void {
    this.#transport.deliver(message)
  }

  notify(notification: Notification): void {
    this.#transport.notify(notification)
  }

  reply(packet: Packet, to: Route): void {
    this.transmit(encodePacket(packet), to, 'whole')
  }
}
