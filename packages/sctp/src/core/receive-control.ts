import { readUint32 } from '../wire/bytes.ts'
import type { Chunk, DataChunk, SackChunk, UnknownChunk } from '../wire/chunk.ts'
import { CAUSE_CODE } from '../wire/error-cause.ts'
import type { ErrorCause } from '../wire/error-cause.ts'
import { unrecognizedChunkAction } from '../wire/unrecognized.ts'
import type { Association } from './association.ts'
import { abortForViolation, lose } from './ending.ts'
import { PeerAbortedError } from './errors.ts'
import { receiveCookieAck, receiveInitAck, receiveStaleCookie } from './handshake.ts'
import { receiveHeartbeatAck } from './heartbeat.ts'
import { countSuccess } from './path-errors.ts'
import { processSack } from './sack-processing.ts'
import { receiveShutdown, receiveShutdownAck, receiveShutdownComplete } from './shutdown.ts'

/** What the chunks of one packet are to be answered with. */
export interface PacketAnswers {
  errors: ErrorCause[]
  /** The info of the first HEARTBEAT. */
  heartbeat: Uint8Array | undefined
}

/** Any other chunk. False: the rest of the packet is not to be looked at (3.2). */
export function receiveControl(
  association: Association,
  chunk: Exclude<Chunk, DataChunk>,
  answers: PacketAnswers,
): boolean {
  switch (chunk.kind) {
    case 'sack':
      receiveSack(association, chunk)
      return true
    case 'heartbeat':
      answers.heartbeat ??= chunk.info
      return true
    case 'heartbeat-ack':
      receiveHeartbeatAck(association, chunk)
      return true
    case 'init-ack':
      receiveInitAck(association, chunk)
      return true
    case 'cookie-ack':
      receiveCookieAck(association)
      return true
    case 'abort':
      lose(association, new PeerAbortedError(association.id, chunk.causes))
      return false
    case 'error':
      receiveError(association, chunk.causes)
      return true
    case 'shutdown':
      receiveShutdown(association, chunk)
      return true
    case 'shutdown-ack':
      receiveShutdownAck(association)
      return true
    case 'shutdown-complete':
      receiveShutdownComplete(association)
      return true
    case 'unknown':
      return receiveUnknown(chunk, answers.errors)
    case 'init':
    case 'cookie-echo':
    case 'ecne':
    case 'cwr':
    case 'pad':
      // The first two are the handshake's, never bundled behind others; ECN is not negotiated; PAD is only long.
      break
  }
  return true
}

function receiveSack(association: Association, sack: SackChunk): void {
  const { transfer, paths, host, state } = association
  if (!transfer || state === 'COOKIE-WAIT' || state === 'COOKIE-ECHOED') return
  const verdict = processSack(transfer.outbound, paths.all, sack, host.now)
  if (verdict === 'impossible') return abortForViolation(association, 'SACK beyond what was sent')
  if (verdict === 'stale') return
  for (const path of paths.all) if (path.newlyAcknowledged > 0) countSuccess(association, path)
  // A peer that answers a probe of its closed window is alive (RFC 9260 section 6.1 A).
  if (sack.window === 0) {
    association.errors = 0
    paths.forData.errors = 0
  }
}

function receiveError(association: Association, causes: ErrorCause[]): void {
  const stale = causes.find(({ code }) => code === CAUSE_CODE.STALE_COOKIE)
  if (stale && stale.information.length >= 4) {
    return receiveStaleCookie(association, readUint32(stale.information, 0))
  }
  association.host.notify({ type: 'remote-error', association: association.id, causes })
}

/** RFC 9260 section 3.2: the two highest bits of the type say what to do. */
function receiveUnknown({ type, chunk }: UnknownChunk, errors: ErrorCause[]): boolean {
  const { goOn, report } = unrecognizedChunkAction(type)
  if (report) errors.push({ code: CAUSE_CODE.UNRECOGNIZED_CHUNK_TYPE, information: chunk })
  return goOn
}
