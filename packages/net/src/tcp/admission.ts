import type { ConnectionLimiter, RejectReason } from '../access/connection-limiter.ts'
import type { DescriptorBudget } from '../access/descriptor-budget.ts'
import type { LimitedLog } from '../log/limited-log.ts'
import {
  type AcceptedConnection,
  closeAccepted,
  type ConnectionOwner,
  type EngineConnection,
  type TcpEngine,
} from './engine.ts'
import { TcpCounters } from './tcp-counters.ts'

/** Rejected connections that may be sent the reason at the same time; the others are closed at once. */
export const MAXIMUM_REJECTED = 32

/** What decides about a connection. */
export interface AdmissionOptions {
  engine: Pick<TcpEngine, 'open'>
  limiter: ConnectionLimiter
  /** Of the process, measured when all that listens is open; none where another one has admitted the connections. */
  budget: (() => DescriptorBudget) | undefined
  counters: TcpCounters
  log: LimitedLog
  /** What the client of a rejected connection reads before the FIN. */
  rejectionMessage?: ((reason: RejectReason) => Uint8Array | undefined) | undefined
  /** A rejected connection has closed, also where there was no room for a message. */
  onRejectedClosed?: () => void
}

/** Whether a connection is accepted; if not it is counted, logged, sent the reason, and closed. */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #rejected = new Set<EngineConnection>()
  /** Bytes of rejected connections are not reported. */
  readonly #owner: ConnectionOwner = {
    counters: new TcpCounters(),
    onClosed: (connection) => {
      this.#rejected.delete(connection)
      this.#options.onRejectedClosed?.()
    },
  }
  #isStopping = false

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Whether no rejected connection is open. */
  get isIdle(): boolean {
    return this.#rejected.size === 0
  }

  /** @returns whether it is accepted, and counted until `release` */
  admit(accepted: AcceptedConnection): boolean {
    const reason = this.#rejectReason(accepted)
    if (reason === undefined) return true
    const isDropped = reason === 'too-many' && !this.#hasRoomForRejection(accepted)
    this.#options.counters.rejected(isDropped ? 'dropped' : reason)
    this.#options.log.info({ address: accepted.address, reason }, 'refused')
    this.close(accepted, reason)
    return false
  }

  release(address: string): void {
    this.#options.limiter.release(address)
  }

  /** Closes a connection that is not served, with the message for the reason if there is room for that. */
  close(accepted: AcceptedConnection, reason: RejectReason): void {
    const message = this.#options.rejectionMessage?.(reason)
    // At once, before the next one is accepted: many come in one poll.
    if (!this.#hasRoomForRejection(accepted)) {
      closeAccepted(accepted)
      return this.#options.onRejectedClosed?.()
    }
    const connection = this.#options.engine.open(accepted, 0, this.#owner)
    this.#rejected.add(connection)
    if (message !== undefined) connection.write(message)
    connection.lingeringClose()
  }

  #rejectReason({ address, socket }: AcceptedConnection): RejectReason | undefined {
    if (this.#isStopping) return 'stopping'
    const { limiter, budget } = this.#options
    return limiter.acquire(address, budget?.().admits(socket))
  }

  #hasRoomForRejection({ socket }: AcceptedConnection): boolean {
    const { budget } = this.#options
    return (
      this.#rejected.size < MAXIMUM_REJECTED && (budget?.().hasRoomForRejection(socket) ?? true)
    )
  }

  /** From now on every connection is rejected. */
  stop(): void {
    this.#isStopping = true
  }

  destroyAll(): void {
    for (const connection of this.#rejected) connection.destroy()
  }
}
