import { exchangeDelay, exchangeOffset, log2ToNanos, type NtpPacket } from '@sockyard/protocol/ntp'

/** What one exchange told of a server's clock; all in nanoseconds. */
export interface Reading {
  /** The server's clock minus ours. */
  readonly offsetNanos: bigint
  /** The offset is right to within this: the way there may have taken all of the delay, or none. */
  readonly uncertaintyNanos: bigint
  /** The round trip without the server's own time. */
  readonly delayNanos: bigint
  readonly packet: NtpPacket
}

/**
 * Reads a reply.
 *
 * @param sentAt when the request was sent, in nanoseconds since 1970; the reply does not hold it, since the
 *   request did not
 * @param receivedAt when the reply came
 * @returns null when it holds no time
 */
export function readReply(packet: NtpPacket, sentAt: bigint, receivedAt: bigint): Reading | null {
  const { receiveAt, transmitAt } = packet
  if (receiveAt === null || transmitAt === null) return null
  const exchange = { originAt: sentAt, receiveAt, transmitAt, destinationAt: receivedAt }
  const measured = exchangeDelay(exchange)
  // A server that stamps its replies too late makes it negative, and the offset as wrong.
  const size = measured < 0n ? -measured : measured
  return {
    offsetNanos: exchangeOffset(exchange),
    uncertaintyNanos: size / 2n + precisionOf(packet),
    delayNanos: measured < 0n ? 0n : measured,
    packet,
  }
}

/** The grain of the sender's clock; a nonsensical one counts as a second. */
export function precisionOf({ precision }: NtpPacket): bigint {
  return log2ToNanos(Math.min(precision, 0))
}
