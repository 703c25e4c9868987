import { abort, abortForViolation, fail } from '../association/abort.ts'
import type { Association } from '../association/association.ts'
import { PeerAbortedError } from '../association/errors.ts'
import { countSuccess, receiveHeartbeatAck } from '../association/path-supervision.ts'
import {
  receiveShutdown,
  receiveShutdownAck,
  receiveShutdownComplete,
  sendShutdownChunk,
} from '../association/shutdown.ts'
import { receiveCookieAck, receiveInitAck, receiveStaleCookie } from '../handshake/initiate.ts'
import type { Path } from '../paths/path.ts'
import { processSack } from '../transmission/sack-processing.ts'
import { padded, readUint32 } from '../wire/bytes.ts'
import { CHUNK_HEADER_BYTES } from '../wire/chunk-codec.ts'
import type { Chunk, DataChunk, SackChunk, UnknownChunk } from '../wire/chunk.ts'
import {
  CAUSE_CODE,
  invalidStreamIdentifier,
  noUserData,
  textCause,
  type ErrorCause,
} from '../wire/error-cause.ts'
import { COMMON_HEADER_BYTES } from '../wire/packet.ts'
import { unrecognizedChunkAction } from '../wire/parameter.ts'

/** Takes the chunks of a packet whose tag was right, in order; `path` is where it came from. */
export function receiveChunks(
  association: Association,
  chunks: readonly Chunk[],
  path: Path,
): void {
  if (association.ended) return
  const { acknowledgement, context } = association
  const answers: PacketAnswers = { errors: [], heartbeat: undefined, reported: [] }
  let data = 0
  let urgent = false
  for (const chunk of chunks) {
    if (chunk.kind === 'data') {
      data += 1
      urgent = receiveData(association, chunk, answers.errors) || urgent
    } else if (!receiveControl(association, chunk, answers)) break
    // The user may have ended it when it was told of what the chunk says.
    if (association.ended) return
  }
  answer(association, answers, path)
  if (answers.reported.length > 0) {
    const causes = answers.reported
    context.notify({ type: 'remote-error', association: association.id, causes })
  }
  if (data > 0 && association.transfer) {
    const gaps = association.transfer.inbound.tsns.hasGaps
    acknowledgement.packetArrived(path, urgent || gaps, context.now)
    if (association.state === 'SHUTDOWN-SENT') repeatShutdown(association)
  }
  context.markPending(association)
}

/** Data while our SHUTDOWN is on its way: SACK at once, with another SHUTDOWN (RFC 9260 9.2). */
function repeatShutdown(association: Association): void {
  association.acknowledgement.urgent = true
  sendShutdownChunk(association)
}

/** What came in one packet has at most one answer of each kind, however often it was asked. */
function answer(association: Association, { errors, heartbeat }: PacketAnswers, path: Path): void {
  if (heartbeat) association.sendControl([{ kind: 'heartbeat-ack', info: heartbeat }], path)
  if (errors.length > 0) sendErrors(association, errors)
}

/** One packet of errors for one packet of mistakes: as many as fit (RFC 9260 section 3.3.10). */
function sendErrors(association: Association, errors: ErrorCause[]): void {
  const path = association.paths.forData
  let room = path.packetBytes - COMMON_HEADER_BYTES - CHUNK_HEADER_BYTES
  const fitting = errors.filter(({ information }) => {
    room -= padded(CHUNK_HEADER_BYTES + information.length)
    return room >= 0
  })
  if (fitting.length === 0 || association.peerTag === 0) return
  association.sendControl([{ kind: 'error', causes: fitting }], path)
}

const RECEIVING = new Set(['ESTABLISHED', 'SHUTDOWN-PENDING', 'SHUTDOWN-SENT'])

/**
 * One DATA chunk (RFC 9260 section 6.2). Must it be acknowledged at once? What is to be
 * reported to the peer is added to `errors`.
 */
function receiveData(association: Association, chunk: DataChunk, errors: ErrorCause[]): boolean {
  const { transfer, state } = association
  if (!transfer || !RECEIVING.has(state)) return false
  if (chunk.data.length === 0) {
    abort(association, [noUserData(chunk.tsn)])
    return false
  }
  const arrival = transfer.inbound.receive(chunk)
  switch (arrival.kind) {
    case 'accepted':
      return chunk.immediate
    case 'invalid-stream':
      errors.push(invalidStreamIdentifier(chunk.stream))
      return false
    case 'too-long':
      abort(association, tooLong(association.context.parameters.maximumMessageBytes))
      return false
    case 'out-of-room':
      abort(association, OUT_OF_RECEIVE_BUFFER)
      return false
    case 'violation':
      abortForViolation(association, arrival.reason)
      return false
    case 'duplicate':
    case 'dropped':
      break
  }
  return true
}

const OUT_OF_RECEIVE_BUFFER: ErrorCause[] = [
  { code: CAUSE_CODE.OUT_OF_RESOURCE, information: new Uint8Array(0) },
  textCause(CAUSE_CODE.USER_INITIATED_ABORT, 'a message that does not fit into the receive buffer'),
]

/** Out of Resource says that we have no room (3.3.10.4), but has none itself for how much that is. */
const tooLong = (maximumBytes: number): ErrorCause[] => [
  { code: CAUSE_CODE.OUT_OF_RESOURCE, information: new Uint8Array(0) },
  textCause(CAUSE_CODE.USER_INITIATED_ABORT, `a message of more than ${maximumBytes} B`),
]

/** What the chunks of one packet are to be answered with, and what the user is told of them. */
interface PacketAnswers {
  errors: ErrorCause[]
  /** The info of the first HEARTBEAT. */
  heartbeat: Uint8Array | undefined
  /** The causes of all ERRORs. */
  reported: ErrorCause[]
}

/** Any other chunk. False: the rest of the packet is not to be looked at (3.2). */
function receiveControl(
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
      fail(association, new PeerAbortedError(association.id, chunk.causes))
      return false
    case 'error':
      receiveError(association, chunk.causes, answers.reported)
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
  const { transfer, paths, context, state } = association
  if (!transfer || state === 'COOKIE-WAIT' || state === 'COOKIE-ECHOED') return
  const verdict = processSack(transfer.outbound, paths.all, sack, context.now)
  if (verdict === 'impossible') return abortForViolation(association, 'SACK beyond what was sent')
  if (verdict === 'stale') return
  for (const path of paths.all) if (path.newlyAcknowledged > 0) countSuccess(association, path)
  // A peer that answers a probe of its closed window is alive (RFC 9260 section 6.1 A).
  if (sack.window === 0) {
    association.errors = 0
    paths.forData.errors = 0
  }
}

/** What else the peer reports is added to `reported`: the user is told once for each packet. */
function receiveError(
  association: Association,
  causes: readonly ErrorCause[],
  reported: ErrorCause[],
): void {
  const stale = causes.find(({ code }) => code === CAUSE_CODE.STALE_COOKIE)
  if (stale && stale.information.length >= 4) {
    return receiveStaleCookie(association, readUint32(stale.information, 0))
  }
  for (const cause of causes) reported.push(cause)
}

/** RFC 9260 section 3.2: the two highest bits of the type say what to do. */
function receiveUnknown({ type, chunk }: UnknownChunk, errors: ErrorCause[]): boolean {
  const { proceed, report } = unrecognizedChunkAction(type)
  if (report) errors.push({ code: CAUSE_CODE.UNRECOGNIZED_CHUNK_TYPE, information: chunk })
  return proceed
}
