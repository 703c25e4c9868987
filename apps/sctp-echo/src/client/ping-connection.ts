import type { NetworkError } from '@sockyard/net/errors'
import { MessageProbes, type Connected, type PingConnection } from '@sockyard/probe/echo'
import { AssociationError, type Message } from '@sockyard/sctp'

import { peerEnded } from './association-failure.ts'
import type { ClientAssociation } from './client-association.ts'

export interface PingConnectionOptions {
  totals: ConstructorParameters<typeof MessageProbes>[0]['totals']
  onOutcome: ConstructorParameters<typeof MessageProbes>[0]['onOutcome']
  sizes: ConstructorParameters<typeof MessageProbes>[0]['sizes']
  /** How long a reply may take. */
  waitMillis: number
  /** Nanoseconds since 1970. */
  now: () => bigint
  /** Sets an association up whose messages go to `onMessage`, from the first packet on. */
  associate: (onMessage: (message: Message) => void) => Promise<ClientAssociation>
}

/** Sends probes on one association, the next one on the next stream, and judges what comes back. */
export class SctpPingConnection implements PingConnection {
  readonly #options: PingConnectionOptions
  readonly #probes: MessageProbes
  #association: ClientAssociation | undefined

  constructor(options: PingConnectionOptions) {
    this.#options = options
    this.#probes = new MessageProbes(options)
  }

  get trips(): MessageProbes['trips'] {
    return this.#probes.trips
  }

  async connect(): Promise<Connected> {
    const receive = ({ data }: Message): void => this.#probes.receive(data)
    const association = await this.#options.associate(receive)
    this.#association = association
    return { target: association.target, lost: this.#whenLost(association) }
  }

  async close(): Promise<void> {
    const association = this.#association
    this.#association = undefined
    await association?.[Symbol.asyncDispose]()
  }

  /** Without an association, or when its send buffer is full, the probe is lost at once. */
  send(number: number, dueAt?: number): void {
    const sequence = number >>> 0
    this.trips.sent(sequence, performance.now(), dueAt)
    if (!this.#transmit(sequence)) this.trips.failed(sequence)
  }

  #transmit(sequence: number): boolean {
    const association = this.#association
    if (association === undefined) return false
    const { endpoint, id, outboundStreams, inboundStreams } = association
    // There are servers that answer on the same stream, or not at all where they have none of its number.
    const stream = sequence % Math.min(outboundStreams, inboundStreams)
    try {
      endpoint.send({ association: id, stream, data: this.#probes.encode(sequence) })
      return true
    } catch (error) {
      if (error instanceof AssociationError) return false
      throw error
    }
  }

  /** A server that ends in good order is lost for our probes too, and with it every probe under way. */
  async #whenLost(association: ClientAssociation): Promise<NetworkError> {
    const error = (await association.over) ?? peerEnded(association.target)
    // Not so when we ended it ourselves: those are in flight.
    if (this.#association === association) {
      this.#association = undefined
      const { pending } = this.trips
      while (pending.oldestWaiting !== undefined) this.trips.failed(pending.oldestWaiting)
      await association[Symbol.asyncDispose]()
    }
    return error
  }
}
