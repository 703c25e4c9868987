import { randomBytes } from 'node:crypto'

import type { PathOptions } from '@sockyard/net/connect'
import { isWildcard } from '@sockyard/net/udp'

import type { Transport } from '../association/association.ts'
import type { ProtocolParameters } from '../association/protocol-parameters.ts'
import { Engine } from '../engine/engine.ts'
import type { Route, TransportAddress } from '../paths/transport-address.ts'
import { LinkMtus, sourceAddress } from './local-addresses.ts'
import { UdpSockets } from './udp-sockets.ts'

export interface EngineDriverOptions {
  /** Numeric address to bind; `::` and `0.0.0.0` are every one of ours. */
  host: string
  udpPort: number
  /** Our SCTP port. */
  port: number
  listening: boolean
  /** Why a datagram from there is not looked at; undefined when it is. */
  refusal: (from: TransportAddress) => string | undefined
  parameters: ProtocolParameters
  path: PathOptions | undefined
  events: Omit<Transport, 'transmit'>
}

/** Gives an engine its UDP sockets, clock and random numbers. */
export class EngineDriver {
  readonly engine: Engine
  /** Packets received, by what they came to. */
  readonly verdicts = new Map<string, number>()
  readonly #host: string
  readonly #sockets: UdpSockets
  #flushing = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY

  private constructor(host: string, sockets: UdpSockets, engine: Engine) {
    this.#host = host
    this.#sockets = sockets
    this.engine = engine
  }

  /** @throws {NetworkError} when the UDP port cannot be bound; AddressInUseError when it is taken */
  static async open(options: EngineDriverOptions): Promise<EngineDriver> {
    const { host, udpPort, port: localPort, listening, refusal, parameters, path, events } = options
    const opened: { driver?: EngineDriver } = {}
    const onDatagram = (bytes: Uint8Array, from: Route) => {
      const { driver } = opened
      if (driver === undefined) return
      const reason = refusal(from)
      if (reason === undefined) driver.#receive(bytes, from)
      else driver.#count(reason)
    }
    const sockets = await UdpSockets.open({ host, port: udpPort, onDatagram, path })
    const transport: Transport = {
      transmit: (packet, to, how) => sockets.send(packet, to, how),
      deliver: events.deliver,
      notify: events.notify,
    }
    const linkMtus = new LinkMtus()
    const discovery = sockets.sendWhole && { linkMtu: (local: string) => linkMtus.of(local) }
    const engine = new Engine(
      { localPort, listening, parameters, random: randomBytes, transport, refusal, ...discovery },
      performance.now(),
    )
    opened.driver = new EngineDriver(host, sockets, engine)
    return opened.driver
  }

  address(): TransportAddress {
    return { address: this.#host, port: this.#sockets.port }
  }

  /** Our addresses that are served now. */
  get addresses(): string[] {
    return this.#sockets.addresses
  }

  /**
   * The way to a peer that we speak to first.
   * @throws {TypeError} when its address is not numeric
   * @throws {Error} of node:dgram, with `code`, when there is no route to it
   */
  async routeTo(to: TransportAddress): Promise<Route> {
    const source = await sourceAddress(to.address)
    if (!isWildcard(this.#host)) return { ...to, local: this.#host }
    if (!this.addresses.includes(source)) await this.#sockets.refresh()
    return { ...to, local: source }
  }

  /** Datagrams that could not be sent because too many were waiting. */
  get droppedDatagrams(): number {
    return this.#sockets.dropped
  }

  #receive(bytes: Uint8Array, from: Route): void {
    this.#count(this.engine.receive(bytes, from, performance.now()))
    this.scheduleFlush()
  }

  #count(verdict: string): void {
    this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1)
  }

  /** Sends what is to be sent once the code that is running now has ended: it may send more. */
  scheduleFlush(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.flush()
    })
  }

  /** Sends what is to be sent now. */
  flush(): void {
    this.engine.flush(performance.now())
    this.#armTimer()
  }

  /** Deadlines mostly move to later; a timer that is early finds nothing due and is set again. */
  #armTimer(): void {
    const at = this.engine.nextDeadline
    if (at >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, Math.ceil(at - performance.now())))
  }

  #expire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    this.engine.expire(performance.now())
    this.flush()
  }

  /** Releases the UDP port; associations that still exist are dropped, and their peers are not told. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timerAt = Number.NEGATIVE_INFINITY
    await this.#sockets.close()
  }
}
