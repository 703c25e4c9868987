import { describeCauses, type ErrorCause } from '../wire/error-cause.ts'

/** An association ended otherwise than by a shutdown, or was never established. */
export class AssociationError extends Error {
  override name = 'AssociationError'
  readonly association: number

  constructor(association: number, message: string) {
    super(`association ${association}: ${message}`)
    this.association = association
  }
}

/** The peer sent ABORT (RFC 9260 section 3.3.7), with these causes. */
export class PeerAbortedError extends AssociationError {
  override name = 'PeerAbortedError'
  readonly causes: readonly ErrorCause[]

  constructor(association: number, causes: readonly ErrorCause[]) {
    super(association, `aborted by the peer (${describe(causes)})`)
    this.causes = causes
  }
}

/** We sent ABORT, with these causes. */
export class AbortedError extends AssociationError {
  override name = 'AbortedError'
  readonly causes: readonly ErrorCause[]

  constructor(association: number, causes: readonly ErrorCause[]) {
    super(association, `aborted (${describe(causes)})`)
    this.causes = causes
  }
}

/** The peer no longer answers, or never did (RFC 9260 sections 5.1.6 and 8.1). */
export class PeerUnreachableError extends AssociationError {
  override name = 'PeerUnreachableError'
  readonly retransmissions: number

  constructor(association: number, retransmissions: number) {
    super(association, `no answer after ${retransmissions} retransmissions`)
    this.retransmissions = retransmissions
  }
}

/** There is no such association, or it takes no more messages. */
export class AssociationClosedError extends AssociationError {
  override name = 'AssociationClosedError'

  constructor(association: number) {
    super(association, 'closed')
  }
}

/** The send buffer is full: wait for `drain`. */
export class SendBufferFullError extends AssociationError {
  override name = 'SendBufferFullError'
  readonly bufferedBytes: number

  constructor(association: number, bufferedBytes: number) {
    super(association, `send buffer full (${bufferedBytes} B)`)
    this.bufferedBytes = bufferedBytes
  }
}

const describe = (causes: readonly ErrorCause[]): string =>
  causes.length === 0 ? 'no cause given' : describeCauses(causes)
