import type { Association, Transfer } from '../association/association.ts'
import type { Path } from '../paths/path.ts'
import { padded } from '../wire/bytes.ts'
import { encodeChunk } from '../wire/chunk-codec.ts'
import { DATA_HEADER_BYTES } from '../wire/data-chunk.ts'
import { COMMON_HEADER_BYTES, PacketBuilder } from '../wire/packet.ts'
import type { OutgoingChunk } from './outgoing-chunk.ts'

const SACK_FIXED_BYTES = 16
const GAP_BYTES = 4
/** More gap blocks than this beside data would leave too little room for the data. */
const GAPS_BESIDE_DATA = 16

/**
 * Sends what may be sent now: lost chunks first, then new data, then the SACK that did not find
 * room beside them (RFC 9260 sections 6.1, 6.2 and 6.10).
 */
export function transmit(association: Association): void {
  const { transfer, state } = association
  if (!transfer) return
  if (maySendData(state)) transmitData(association, transfer)
  if (association.acknowledgement.urgent) sendSack(association, transfer)
}

const maySendData = (state: Association['state']): boolean =>
  state === 'ESTABLISHED' || state === 'SHUTDOWN-PENDING' || state === 'SHUTDOWN-RECEIVED'

function transmitData(association: Association, transfer: Transfer): void {
  const { outbound } = transfer
  const { maximumBurst } = association.context.parameters
  const path = association.paths.forData
  if (outbound.waiting.length > 0) decayWhenIdle(association, path)
  const window = path.congestion.limitBurst(path.flight, maximumBurst)
  for (let packets = 0; ; packets += 1) {
    const lost = outbound.lostCount > 0 ? firstLost(transfer) : -1
    if (lost >= 0) {
      const sent = packets < maximumBurst && retransmit(association, transfer, lost)
      if (!sent) return
    } else if (!sendNew(association, transfer, path, window)) return
  }
}

/** RFC 9260 section 7.2.1: an idle path's window shrinks, once for each RTO without data. */
function decayWhenIdle(association: Association, path: Path): void {
  const { now } = association.context
  if (path.flight > 0 || now - path.usedAt < path.rto.rto) return
  for (let idle = now - path.usedAt; idle >= path.rto.rto; idle /= 2) path.congestion.idled()
  path.usedAt = now
}

function firstLost({ outbound }: Transfer): number {
  for (let index = 0; index < outbound.outstanding.length; index += 1) {
    if (outbound.outstanding.at(index)?.lost) return index
  }
  return -1
}

/**
 * One packet of lost chunks from position `first` on, if the congestion window or a due fast
 * retransmission allows (RFC 9260 sections 6.1 C, 6.3.3 E3 and 7.2.4). Was one sent?
 */
function retransmit(association: Association, transfer: Transfer, first: number): boolean {
  const { outbound } = transfer
  const chunk = outbound.outstanding.at(first)
  const path = association.paths.forRetransmission(chunk?.path)
  if (!outbound.fastRetransmitDue && path.flight >= path.congestion.size) return false
  const packet = new PacketBuilder(association.header, packetBytesFor(chunk, path))
  bundleSack(association, transfer, packet, chunk)
  const { outstanding } = outbound
  for (
    let index = first;
    index < outstanding.length && packet.room > DATA_HEADER_BYTES;
    index += 1
  ) {
    const next = outstanding.at(index)
    if (!next?.lost) continue
    if (packet.room < padded(next.encoded.length)) break
    place(association, transfer, packet, next, path)
  }
  outbound.fastRetransmitDue = false
  return send(association, packet, path, true)
}

/** Where even the base is more than the interface carries, IP fragments the packet (RFC 9260 section 6.9). */
const packetBytesFor = (chunk: OutgoingChunk | undefined, path: Path): number =>
  Math.max(path.packetBytes, COMMON_HEADER_BYTES + padded(chunk?.encoded.length ?? 0))

/** One packet of new data, if the windows allow (RFC 9260 section 6.1 A and B). Was one sent? */
function sendNew(
  association: Association,
  transfer: Transfer,
  path: Path,
  window: number,
): boolean {
  const { outbound } = transfer
  const first = outbound.waiting.at(0)
  if (!first || !allowed(transfer, first, path, window)) return false
  const packet = new PacketBuilder(association.header, packetBytesFor(first, path))
  bundleSack(association, transfer, packet, first)
  for (let next: OutgoingChunk | undefined = first; next; next = outbound.waiting.at(0)) {
    if (packet.room < padded(next.encoded.length)) break
    if (!packet.empty && !allowed(transfer, next, path, window)) break
    outbound.takeWaiting()
    place(association, transfer, packet, next, path)
  }
  return send(association, packet, path, false)
}

/** The congestion window has room, and so has the peer; or nothing is in flight: a probe (6.1 A). */
function allowed(
  { outbound }: Transfer,
  chunk: OutgoingChunk,
  path: Path,
  window: number,
): boolean {
  if (path.flight >= window) return false
  return outbound.peerWindow >= chunk.dataBytes || outbound.outstanding.length === 0
}

function place(
  association: Association,
  { outbound }: Transfer,
  packet: PacketBuilder,
  chunk: OutgoingChunk,
  path: Path,
): void {
  packet.add(chunk.encoded)
  outbound.sent(chunk, path, association.context.now)
}

/** A pending SACK goes along if both fit (RFC 9260 section 6.1). */
function bundleSack(
  association: Association,
  { inbound }: Transfer,
  packet: PacketBuilder,
  chunk: OutgoingChunk | undefined,
): void {
  const { acknowledgement } = association
  if (!acknowledgement.pending || !chunk) return
  const most = SACK_FIXED_BYTES + GAPS_BESIDE_DATA * GAP_BYTES
  if (packet.room < most + padded(chunk.encoded.length)) return
  packet.add(encodeChunk(inbound.sack(GAPS_BESIDE_DATA)))
  acknowledgement.sent()
}

/** Sends the packet and starts T3-rtx if it is not running (6.3.2 R1); a fast retransmission restarts it. */
function send(association: Association, packet: PacketBuilder, path: Path, restart: boolean): true {
  const { now } = association.context
  association.transmit(packet.finish(), path)
  path.usedAt = now
  if (restart || path.retransmitAt === Number.POSITIVE_INFINITY) {
    path.retransmitAt = now + path.rto.rto
  }
  return true
}

/** A SACK in a packet of its own, with as many gap blocks as fit (RFC 9260 section 6.2). */
function sendSack(association: Association, { inbound }: Transfer): void {
  const path = association.acknowledgement.path ?? association.paths.forData
  const room = path.packetBytes - COMMON_HEADER_BYTES - SACK_FIXED_BYTES
  association.sendControl([inbound.sack(Math.floor(room / GAP_BYTES))], path)
  association.acknowledgement.sent()
}
