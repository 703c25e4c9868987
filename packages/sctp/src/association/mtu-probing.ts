import type { Path } from '../paths/path.ts'
import { CHUNK_HEADER_BYTES, encodeChunk } from '../wire/chunk-codec.ts'
import { COMMON_HEADER_BYTES, encodePacket } from '../wire/packet.ts'
import type { Association } from './association.ts'

const NONCE_BYTES = 8

/** Looks for the path's MTU, from now on or anew; not where packets can't be kept from being fragmented. */
export function beginMtuSearch({ context }: Association, { mtu, to }: Path): void {
  if (context.linkMtu(to.local) === undefined) return
  mtu.begin()
  mtu.at = context.now
}

/**
 * The timer of the search ran out: a probe is lost, or it is time to begin. What a path that does not
 * answer loses says nothing about sizes: the search goes on once it answers again.
 */
export function mtuTimerExpired(association: Association, path: Path): void {
  const { mtu } = path
  if (association.state !== 'ESTABLISHED' || path.state !== 'active' || path.errors > 0) {
    mtu.suspend()
    return
  }
  if (mtu.probe) mtu.lost()
  else mtu.begin()
  sendProbe(association, path)
}

/** A HEARTBEAT ACK that answers a probe. */
export function probeArrived(association: Association, path: Path): void {
  path.mtu.acknowledged(association.context.now)
  sendProbe(association, path)
}

/** Chunks were lost again and again: it may be their size (RFC 8899 section 4.3, RFC 9260 section 7.3). */
export function suspectBlackHole(association: Association, path: Path): void {
  if (path.mtu.fallBack()) notifyMtu(association, path)
}

/**
 * A HEARTBEAT filled up with PAD (RFC 8899 section 6.2.1.2, RFC 4820); the peer answers with the HEARTBEAT alone.
 * PROBE_TIMER is the RTO: as long as RTO.Min has its default, no less than the second of RFC 8899 section 5.1.1.
 */
function sendProbe(association: Association, path: Path): void {
  const { context, header } = association
  const size = path.mtu.next
  if (size === undefined) {
    path.mtu.complete(context.now)
    return notifyMtu(association, path)
  }
  const nonce = context.random(NONCE_BYTES)
  path.mtu.sent({ size, nonce }, context.now + path.rto.rto)
  const heartbeat = { kind: 'heartbeat' as const, info: nonce }
  const used = COMMON_HEADER_BYTES + encodeChunk(heartbeat).length + CHUNK_HEADER_BYTES
  const pad = { kind: 'pad' as const, bytes: size - used }
  context.transmit(encodePacket({ ...header, chunks: [heartbeat, pad] }), path.to, 'whole')
}

/** Tells the user what came of a search, if it is news. */
function notifyMtu({ id, context }: Association, path: Path): void {
  if (path.notifiedMtu === path.mtuBytes) return
  path.notifiedMtu = path.mtuBytes
  context.notify({ type: 'path-mtu', association: id, peer: path.to, mtu: path.mtuBytes })
}
