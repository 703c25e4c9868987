/** The four timestamps of a request and its reply, in nanoseconds since 1970 (RFC 5905, section 8). */
export interface Exchange {
  /** T1, when the request was sent, by the client's clock. */
  readonly originAt: bigint
  /** T2, when it was received, by the server's clock. */
  readonly receiveAt: bigint
  /** T3, when the reply was sent, by the server's clock. */
  readonly transmitAt: bigint
  /** T4, when it was received, by the client's clock. */
  readonly destinationAt: bigint
}

/** By how many nanoseconds the server's clock is ahead of the client's. */
export function exchangeOffset({ originAt, receiveAt, transmitAt, destinationAt }: Exchange) {
  return (receiveAt - originAt + (transmitAt - destinationAt)) / 2n
}

/**
 * The round trip without the server's own time, in nanoseconds. Where clocks tick coarsely or at
 * different rates it can come out a little below zero.
 */
export function exchangeDelay({ originAt, receiveAt, transmitAt, destinationAt }: Exchange) {
  return destinationAt - originAt - (transmitAt - receiveAt)
}

/** A broadcast's timestamps, in nanoseconds since 1970, and how long it took to arrive. */
export interface BroadcastArrival {
  readonly transmitAt: bigint
  readonly receivedAt: bigint
  /** One-way delay in nanoseconds: half of what an exchange measured, or an assumption. */
  readonly delayNanos: bigint
}

/** By how many nanoseconds a broadcaster's clock is ahead of ours (RFC 5905, section 8, mode 5). */
export function broadcastOffset({ transmitAt, receivedAt, delayNanos }: BroadcastArrival): bigint {
  return transmitAt + delayNanos - receivedAt
}
