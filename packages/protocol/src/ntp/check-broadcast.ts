import { type Authentication, type AuthenticationReason, unauthentic } from './authentication.ts'
import { type UnbelievableReason, unbelievable } from './checks.ts'
import {
  type ClockReference,
  followReference,
  isInLine,
  unconfirmedReference,
} from './clock-reference.ts'
import { NTP_MODE, type NtpPacket, versionIsKnown } from './packet.ts'

/** What is remembered of a source: its last accepted broadcast, in nanoseconds since 1970. */
export interface BroadcastState {
  readonly transmitAt: bigint
  readonly receivedAt: bigint
  /** What its broadcasts are measured against; what the last one said, where nothing else is known. */
  readonly reference?: ClockReference
}

/** Why a broadcast is refused. */
export type BroadcastRefusal =
  | 'mode'
  | 'version'
  | AuthenticationReason
  | 'zero-timestamp'
  | UnbelievableReason
  | 'duplicate'
  | 'replayed'
  | 'step'

/** The state to keep comes with acceptance only, so a refused packet changes nothing. */
export type BroadcastVerdict =
  | { readonly verdict: 'accept'; readonly state: Required<BroadcastState> }
  | { readonly verdict: 'refuse'; readonly reason: BroadcastRefusal }

/** What the receiver of broadcasts insists on. */
export interface BroadcastPolicy extends Authentication {
  /** By how many nanoseconds a broadcast may be off what is known of its source; 1 s when not given. */
  readonly maximumStepNanos?: bigint
}

const ONE_SECOND = 1_000_000_000n

/** The transmit time of a broadcast and when it came, in nanoseconds since 1970. */
interface Arrival {
  readonly transmitAt: bigint
  readonly receivedAt: bigint
}

/** How far a source is ahead, in nanoseconds, when the delay doesn't matter. */
function apparentOffset({ transmitAt, receivedAt }: Arrival): bigint {
  return transmitAt - receivedAt
}

/** The first broadcast is measured against the local clock, or a forger could be first. */
function referenceOf(last: BroadcastState | null, next: Arrival): ClockReference {
  if (last === null) return unconfirmedReference(0n, next.receivedAt)
  return last.reference ?? unconfirmedReference(apparentOffset(last), last.receivedAt)
}

/** Without a signature the doubtful one may be the last one, a forgery ahead of its time. */
function isOlder(last: BroadcastState, next: Arrival, signed: boolean): boolean {
  if (next.transmitAt >= last.transmitAt) return false
  const { offsetNanos } = referenceOf(last, next)
  const distance = (arrival: Arrival): bigint => absolute(apparentOffset(arrival) - offsetNanos)
  return signed || distance(next) >= distance(last)
}

function outOfLine(
  last: BroadcastState | null,
  next: Arrival,
  signed: boolean,
  maximumStep: bigint,
): BroadcastRefusal | null {
  if (last !== null && next.transmitAt === last.transmitAt) return 'duplicate'
  if (last !== null && isOlder(last, next, signed)) return 'replayed'
  const reference = referenceOf(last, next)
  return isInLine(reference, apparentOffset(next), next.receivedAt, maximumStep) ? null : 'step'
}

/** What is known of the source once this broadcast is accepted. */
function stateAfter(last: BroadcastState | null, next: Arrival): Required<BroadcastState> {
  const apparent = apparentOffset(next)
  const reference =
    last === null
      ? unconfirmedReference(apparent, next.receivedAt)
      : followReference(referenceOf(last, next), apparent, next.receivedAt)
  return { ...next, reference }
}

function absolute(nanos: bigint): bigint {
  return nanos < 0n ? -nanos : nanos
}

function unwanted(packet: NtpPacket, policy: BroadcastPolicy): BroadcastRefusal | null {
  if (packet.mode !== NTP_MODE.broadcast) return 'mode'
  return versionIsKnown(packet.version) ? unauthentic(packet, policy) : 'version'
}

function refuse(reason: BroadcastRefusal): BroadcastVerdict {
  return { verdict: 'refuse', reason }
}

/**
 * Accepts or refuses a broadcast (RFC 5905, mode 5), with the first reason in the order of
 * {@link BroadcastRefusal}. Which addresses and ports may send at all is for the caller to decide.
 *
 * What is measured against is the local clock at first, and from then on the reference that the state holds, never the
 * last broadcast: else forgeries, each a little further ahead, would lead it anywhere.
 *
 * A source whose clock really stepped is refused until the caller, having accepted nothing from it
 * for long enough, forgets it; from then on its state is null, and the local clock counts again.
 *
 * @param state of the packet's source; null for one not heard before
 * @param receivedAt nanoseconds since 1970, by the local clock
 */
export function checkBroadcast(
  packet: NtpPacket,
  state: BroadcastState | null,
  receivedAt: bigint,
  policy: BroadcastPolicy,
): BroadcastVerdict {
  const reason = unwanted(packet, policy)
  if (reason !== null) return refuse(reason)
  if (packet.transmitAt === null) return refuse('zero-timestamp')
  const next = { transmitAt: packet.transmitAt, receivedAt }
  const { maximumStepNanos = ONE_SECOND, keys } = policy
  const signed = packet.mac !== null && keys.has(packet.mac.keyId)
  const doubt = unbelievable(packet) ?? outOfLine(state, next, signed, maximumStepNanos)
  return doubt === null ? { verdict: 'accept', state: stateAfter(state, next) } : refuse(doubt)
}
