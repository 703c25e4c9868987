import { padded } from '../wire/bytes.ts'
import type { Chunk } from '../wire/chunk.ts'
import { CHUNK_HEADER_BYTES } from '../wire/decode-chunk.ts'
import type { ErrorCause } from '../wire/error-cause.ts'
import { COMMON_HEADER_BYTES } from '../wire/packet.ts'
import type { Association } from './association.ts'
import type { Path } from './path.ts'
import { receiveControl } from './receive-control.ts'
import type { PacketAnswers } from './receive-control.ts'
import { receiveData } from './receive-data.ts'
import { sendStep } from './shutdown.ts'

/** Takes the chunks of a packet whose tag was right, in order; `path` is where it came from. */
export function receiveChunks(
  association: Association,
  chunks: readonly Chunk[],
  path: Path,
): void {
  const { acknowledgement, host } = association
  const answers: PacketAnswers = { errors: [], heartbeat: undefined }
  let data = 0
  let urgent = false
  for (const chunk of chunks) {
    if (chunk.kind === 'data') {
      data += 1
      urgent = receiveData(association, chunk, answers.errors) || urgent
    } else if (!receiveControl(association, chunk, answers)) break
    if (association.state === 'CLOSED') return
  }
  answer(association, answers, path)
  if (data > 0 && association.transfer) {
    const gaps = association.transfer.inbound.tsns.hasGaps
    acknowledgement.packetArrived(path, urgent || gaps, host.now)
    if (association.state === 'SHUTDOWN-SENT') repeatShutdown(association)
  }
  host.touch(association)
}

/** Data while our SHUTDOWN is on its way: SACK at once, with another SHUTDOWN (RFC 9260 9.2). */
function repeatShutdown(association: Association): void {
  association.acknowledgement.urgent = true
  sendStep(association)
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
