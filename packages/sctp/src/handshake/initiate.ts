import { abort, fail } from '../association/abort.ts'
import type { Association } from '../association/association.ts'
import { PeerUnreachableError } from '../association/errors.ts'
import type { InitChunk } from '../wire/chunk.ts'
import type { Parameter } from '../wire/parameter.ts'
import { beginTransfer, establish } from './establishment.ts'
import { initVerdict, unrecognizedParameters } from './init-verdict.ts'

/** The active side of the handshake: INIT, INIT ACK, COOKIE ECHO, COOKIE ACK (RFC 9260 5.1). */
export function startHandshake(association: Association): void {
  association.state = 'COOKIE-WAIT'
  association.handshakeAttempts = 0
  sendInit(association)
}

function sendInit(association: Association): void {
  const { context, cookiePreservative: millis } = association
  const parameters: Parameter[] = millis > 0 ? [{ kind: 'cookie-preservative', millis }] : []
  association.sendControl([{ ...initFields(association), kind: 'init', parameters }])
  association.handshakeAt = context.now + association.paths.primary.rto.rto
}

/** What our INIT says; an INIT ACK to a colliding INIT says the same (RFC 9260 section 5.2.1). */
export const initFields = ({ context, localTag, initialTsn }: Association) => ({
  initiateTag: localTag,
  window: context.parameters.receiveBufferBytes,
  outboundStreams: context.parameters.outboundStreams,
  inboundStreams: context.parameters.inboundStreams,
  initialTsn,
})

/** INIT ACK, expected in COOKIE-WAIT only (RFC 9260 sections 5.1 C and 5.2.3). */
export function receiveInitAck(association: Association, chunk: InitChunk): void {
  if (association.state !== 'COOKIE-WAIT') return
  const verdict = initVerdict(chunk)
  if (verdict.kind === 'discard') return
  association.peerTag = chunk.initiateTag
  if (verdict.kind === 'abort') return abort(association, [verdict.cause])
  const { outboundStreams, inboundStreams } = association.context.parameters
  beginTransfer(association, {
    peerInitialTsn: chunk.initialTsn,
    peerWindow: chunk.window,
    outboundStreams: Math.min(outboundStreams, chunk.inboundStreams),
    inboundStreams: Math.min(inboundStreams, chunk.outboundStreams),
    addresses: verdict.addresses,
  })
  association.cookie = verdict.cookie
  association.state = 'COOKIE-ECHOED'
  association.handshakeAttempts = 0
  sendCookieEcho(association, verdict.unrecognized)
}

/** The cookie comes first in its packet; an ERROR about the INIT ACK may follow (5.1 C, 3.2.2). */
function sendCookieEcho(association: Association, unrecognized: readonly Uint8Array[] = []): void {
  const { context, cookie, paths } = association
  if (!cookie) return
  const error = { kind: 'error' as const, causes: [unrecognizedParameters(unrecognized)] }
  const echo = { kind: 'cookie-echo' as const, cookie }
  association.sendControl(unrecognized.length > 0 ? [echo, error] : [echo])
  association.handshakeAt = context.now + paths.primary.rto.rto
}

/** COOKIE ACK, expected in COOKIE-ECHOED only (RFC 9260 sections 5.1 E and 5.2.5). */
export function receiveCookieAck(association: Association): void {
  if (association.state === 'COOKIE-ECHOED') establish(association)
}

/**
 * Stale Cookie error while COOKIE-ECHOED: begin again, asking for as much more cookie life as it
 * was late by, doubled; `staleMicros` comes from the peer (RFC 9260 section 5.2.6).
 */
export function receiveStaleCookie(association: Association, staleMicros: number): void {
  if (association.state !== 'COOKIE-ECHOED') return
  if (association.cookiePreservative > 0) return giveUp(association)
  association.cookiePreservative = Math.max(1, Math.ceil((staleMicros / 1000) * 2))
  association.transfer = undefined
  association.peerTag = 0
  startHandshake(association)
}

/** T1-init or T1-cookie ran out: repeat, up to Max.Init.Retransmits times (5.1.6, 6.3.3). */
export function handshakeExpired(association: Association): void {
  const { context, paths } = association
  association.handshakeAttempts += 1
  if (association.handshakeAttempts > context.parameters.maximumInitRetransmissions) {
    return giveUp(association)
  }
  paths.primary.rto.backOff()
  if (association.state === 'COOKIE-WAIT') sendInit(association)
  else sendCookieEcho(association)
}

const giveUp = (association: Association): void =>
  fail(association, new PeerUnreachableError(association.id, association.handshakeAttempts))
