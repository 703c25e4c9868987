import type { Path } from '../paths/path.ts'
import type { SackChunk } from '../wire/chunk.ts'
import { tsnBefore, tsnDistance, tsnPlus } from '../wire/serial-number.ts'
import type { Outbound } from './outbound.ts'
import type { OutgoingChunk } from './outgoing-chunk.ts'

const FAST_RETRANSMIT_REPORTS = 3

/**
 * What a SACK came to. `stale`: an older one overtaken by a newer; `impossible`: it acknowledges
 * what was never sent.
 */
export type SackVerdict = 'stale' | 'impossible' | 'taken'

/** Takes a SACK into the send queue and the paths' windows (RFC 9260 sections 6.2.1 and 7.2). */
export function processSack(
  outbound: Outbound,
  paths: readonly Path[],
  sack: SackChunk,
  now: number,
): SackVerdict {
  const verdict = cumulativeVerdict(outbound, sack.cumulativeTsn)
  if (verdict !== 'taken') return verdict
  beginSack(paths)
  const advanced = sack.cumulativeTsn !== outbound.cumulativeTsn
  const highestCumulative = acknowledgeCumulative(outbound, sack.cumulativeTsn, now)
  if (sack.gaps.length > 0) acknowledgeGaps(outbound, sack, highestCumulative, advanced, now)
  else renegeFrom(outbound, 0, 0)
  if (outbound.probe) outbound.windowOpened(outbound.probe, sack.window)
  outbound.peerWindow = Math.max(0, sack.window - outbound.flight)
  for (const path of paths) settlePath(path, sack.cumulativeTsn, advanced, now)
  return 'taken'
}

/** Takes the cumulative TSN of a SHUTDOWN, which tells nothing about gaps (RFC 9260 section 9.2). */
export function processCumulativeTsn(
  outbound: Outbound,
  paths: readonly Path[],
  cumulativeTsn: number,
  now: number,
): SackVerdict {
  const verdict = cumulativeVerdict(outbound, cumulativeTsn)
  if (verdict !== 'taken') return verdict
  beginSack(paths)
  const advanced = cumulativeTsn !== outbound.cumulativeTsn
  acknowledgeCumulative(outbound, cumulativeTsn, now)
  for (const path of paths) settlePath(path, cumulativeTsn, advanced, now)
  return 'taken'
}

function cumulativeVerdict(outbound: Outbound, cumulativeTsn: number): SackVerdict {
  if (tsnBefore(cumulativeTsn, outbound.cumulativeTsn)) return 'stale'
  return tsnBefore(cumulativeTsn, outbound.nextTsn) ? 'taken' : 'impossible'
}

function beginSack(paths: readonly Path[]): void {
  for (const path of paths) {
    path.newlyAcknowledged = 0
    path.flightBefore = path.flight
  }
}

/** Removes all up to the cumulative TSN; the highest one that was not acknowledged before. */
function acknowledgeCumulative(
  outbound: Outbound,
  cumulativeTsn: number,
  now: number,
): number | undefined {
  let highest: number | undefined
  for (let steps = tsnDistance(outbound.cumulativeTsn, cumulativeTsn); steps > 0; steps -= 1) {
    const chunk = outbound.release()
    if (!chunk) break
    if (chunk.acknowledged) outbound.gapAcknowledged -= 1
    else highest = chunk.tsn
    outbound.acknowledge(chunk, now)
  }
  outbound.cumulativeTsn = cumulativeTsn
  return highest
}

/** Takes the gap blocks, then counts what they report missing (7.2.4, "highest newly acked"). */
function acknowledgeGaps(
  outbound: Outbound,
  sack: SackChunk,
  highestCumulative: number | undefined,
  advanced: boolean,
  now: number,
): void {
  const missing: OutgoingChunk[] = []
  let highestNew = highestCumulative
  let index = 0
  let kept = 0
  const { outstanding } = outbound
  for (const { start, end } of sack.gaps) {
    for (; index < Math.min(start - 1, outstanding.length); index += 1)
      noteMissing(outbound, outstanding.at(index), missing)
    const last = Math.min(end, outstanding.length)
    for (; index < last; index += 1, kept += 1) {
      const chunk = outstanding.at(index)
      if (chunk && acknowledgeOne(outbound, chunk, now)) highestNew = chunk.tsn
    }
  }
  renegeFrom(outbound, index, kept)
  if (highestNew !== undefined) reportMissing(outbound, missing, highestNew, advanced)
}

/** Was it news? */
function acknowledgeOne(outbound: Outbound, chunk: OutgoingChunk, now: number): boolean {
  if (chunk.acknowledged) return false
  outbound.gapAcknowledged += 1
  outbound.acknowledge(chunk, now)
  return true
}

function noteMissing(
  outbound: Outbound,
  chunk: OutgoingChunk | undefined,
  missing: OutgoingChunk[],
): void {
  if (!chunk) return
  if (chunk.acknowledged) outbound.reneged(chunk)
  else if (!chunk.lost) missing.push(chunk)
}

function reportMissing(
  outbound: Outbound,
  missing: readonly OutgoingChunk[],
  highestNew: number,
  advanced: boolean,
): void {
  for (const chunk of missing) {
    const recovering = chunk.path?.congestion.recovering === true && advanced
    if (!recovering && !tsnBefore(chunk.tsn, highestNew)) continue
    chunk.missingReports += 1
    if (chunk.missingReports === FAST_RETRANSMIT_REPORTS && chunk.transmissions === 1) {
      loseFast(outbound, chunk)
    }
  }
}

/** Fast retransmit (RFC 9260 section 7.2.4): at most once for each chunk. */
function loseFast(outbound: Outbound, chunk: OutgoingChunk): void {
  outbound.markLost(chunk)
  outbound.fastRetransmitDue = true
  chunk.path?.congestion.fastRetransmit(tsnPlus(outbound.nextTsn, -1))
}

/**
 * Chunks from `first` on that an earlier SACK had acknowledged and this one does not (6.2.1 D iii);
 * `kept` are still acknowledged by gap blocks, so most often there is nothing to look for.
 */
function renegeFrom(outbound: Outbound, first: number, kept: number): void {
  for (let index = first; outbound.gapAcknowledged > kept; index += 1) {
    const chunk = outbound.outstanding.at(index)
    if (!chunk) return
    if (chunk.acknowledged) outbound.reneged(chunk)
  }
}

/** The congestion window (7.2.1, 7.2.2) and T3-rtx (6.3.2 R2, R3) of a path after a SACK. */
function settlePath(path: Path, cumulativeTsn: number, advanced: boolean, now: number): void {
  if (path.newlyAcknowledged === 0) return
  if (advanced)
    path.congestion.acknowledged(path.newlyAcknowledged, path.flightBefore, cumulativeTsn)
  if (path.flight === 0) {
    path.congestion.emptied()
    path.retransmitAt = Number.POSITIVE_INFINITY
  } else if (advanced) path.retransmitAt = now + path.rto.rto
}
