import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'

import { seededRandom } from './random.testing.ts'

export interface RelayFaults {
  /** Where the server is, on 127.0.0.1. */
  target: number
  /** Each a share of the datagrams, 0 to 1. */
  loss: number
  duplicate: number
  reorder: number
  delayMillis: number
  seed: number
}

/** A UDP port that hands datagrams on between its clients and a server, as badly as it is told to. */
export class UdpRelay {
  readonly #front: Socket
  readonly #faults: RelayFaults
  readonly #random: () => number
  readonly #backs = new Map<number, Socket>()
  lost = 0
  duplicated = 0
  reordered = 0

  private constructor(front: Socket, faults: RelayFaults) {
    this.#front = front
    this.#faults = faults
    this.#random = seededRandom(faults.seed)
  }

  static async open(faults: RelayFaults): Promise<UdpRelay> {
    const front = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
    const listening = once(front, 'listening')
    front.bind(0, '127.0.0.1')
    await listening
    const relay = new UdpRelay(front, faults)
    front.on('message', (bytes, { port }) => relay.#fromClient(bytes, port))
    return relay
  }

  get port(): number {
    return this.#front.address().port
  }

  #fromClient(bytes: Buffer, port: number): void {
    const back = this.#backs.get(port) ?? this.#openBack(port)
    this.#hand(() => back.send(bytes, this.#faults.target, '127.0.0.1'))
  }

  #openBack(port: number): Socket {
    const back = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
    back.on('message', (bytes) => this.#hand(() => this.#front.send(bytes, port, '127.0.0.1')))
    this.#backs.set(port, back)
    return back
  }

  #hand(send: () => void): void {
    const { loss, duplicate, reorder, delayMillis } = this.#faults
    if (this.#random() < loss) {
      this.lost += 1
      return
    }
    const reordered = this.#random() < reorder
    if (reordered) this.reordered += 1
    const sendLater = () => setTimeout(send, reordered ? delayMillis * 3 : delayMillis)
    sendLater()
    if (this.#random() >= duplicate) return
    this.duplicated += 1
    sendLater()
  }

  [Symbol.dispose](): void {
    // What is still on its way finds closed sockets, which is as good as lost.
    const sockets = [this.#front, ...this.#backs.values()]
    for (const socket of sockets) {
      socket.send = () => undefined
      socket.close()
    }
  }
}
