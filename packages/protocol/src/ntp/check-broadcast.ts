import { type Authentication, type AuthenticationReason, unauthentic } from './authentication.ts'
import { type UnbelievableReason, unbelievable } from './believable.ts'
import { NTP_MODE, type NtpPacket } from './packet.ts'
import { versionIsKnown } from './version.ts'

/** What is remembered of a source: its last accepted broadcast, in nanoseconds since 1970. */
export interface BroadcastState {
  readonly transmitAt: bigint
  readonly receivedAt: bigint
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
  | { readonly verdict: 'accept'; readonly state: BroadcastState }
  | { readonly verdict: 'refuse'; readonly reason: BroadcastRefusal }

/** What the receiver of broadcasts insists on. */
export interface BroadcastPolicy extends Authentication {
  /** By how many nanoseconds a source may be off the last time; 1 s when not given. */
  readonly maximumStepNanos?: bigint
}

const ONE_SECOND = 1_000_000_000n

/** How far a source is ahead, in nanoseconds, when the delay doesn't matter. */
function apparentOffset({ transmitAt, receivedAt }: BroadcastState): bigint {
  return transmitAt - receivedAt
}

/** The first broadcast is measured against the local clock, or a forger could be first. */
function isStep(last: BroadcastState | null, next: BroadcastState, maximum: bigint): boolean {
  const step = apparentOffset(next) - (last === null ? 0n : apparentOffset(last))
  return step > maximum || step < -maximum
}

function outOfLine(
  last: BroadcastState | null,
  next: BroadcastState,
  maximumStepNanos: bigint,
): BroadcastRefusal | null {
  if (last !== null && next.transmitAt === last.transmitAt) return 'duplicate'
  if (last !== null && next.transmitAt < last.transmitAt) return 'replayed'
  return isStep(last, next, maximumStepNanos) ? 'step' : null
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
  const doubt =
    unbelievable(packet) ?? outOfLine(state, next, policy.maximumStepNanos ?? ONE_SECOND)
  return doubt === null ? { verdict: 'accept', state: next } : refuse(doubt)
}
