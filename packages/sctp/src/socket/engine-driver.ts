import { randomBytes } from 'node:crypto'

import { Engine } from '../core/engine.ts'
import type { Outlet } from '../core/host.ts'
import type { ProtocolParameters } from '../core/protocol-parameters.ts'
import type { TransportAddress } from '../core/transport-address.ts'
import { UdpSocket } from './udp-socket.ts'

export interface EngineDriverOptions {
  /** Numeric address to bind. */
  host: string
  udpPort: number
  /** Our SCTP port. */
  port: number
  listening: boolean
  /** Why a datagram from there is not looked at; undefined when it is. */
  refusal: (from: TransportAddress) => string | undefined
  parameters: ProtocolParameters
  events: Omit<Outlet, 'transmit'>
}

/** Gives an engine what it has not: a UDP socket, a clock, and chance. */
export class EngineDriver {
  readonly engine: Engine
  /** Packets received, by what they came to. */
  readonly verdicts = new Map<string, number>()
  readonly #socket: UdpSocket
  #flushing = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY

  private constructor(socket: UdpSocket, engine: Engine) {
    this.#socket = socket
    this.engine = engine
  }

  /** @throws {Error} of node:dgram, with `code`, when the UDP port cannot be bound */
  static async open(options: EngineDriverOptions): Promise<EngineDriver> {
    const socket = await UdpSocket.open({ host: options.host, port: options.udpPort })
    const { port: localPort, host: localAddress, listening, parameters, events } = options
    const outlet: Outlet = {
      transmit: (packet, to) => socket.send(packet, to),
      deliver: events.deliver,
      notify: events.notify,
    }
    const engine = new Engine(
      { localPort, localAddress, listening, parameters, random: randomBytes, outlet },
      performance.now(),
    )
    const driver = new EngineDriver(socket, engine)
    const { refusal } = options
    socket.onDatagram = (bytes, from) => {
      const reason = refusal(from)
      if (reason === undefined) driver.#receive(bytes, from)
      else driver.#count(reason)
    }
    return driver
  }

  address(): TransportAddress {
    return this.#socket.address()
  }

  /** Datagrams that could not be sent because too many were waiting. */
  get droppedDatagrams(): number {
    return this.#socket.dropped
  }

  #receive(bytes: Uint8Array, from: TransportAddress): void {
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

  /** Releases the UDP port; associations that still exist are forgotten without a word. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timerAt = Number.NEGATIVE_INFINITY
    await this.#socket.close()
  }
}
