import type { Association } from '../association/association.ts'
import { notifyPath } from '../association/path-supervision.ts'
import { acceptCookie } from '../handshake/accept-cookie.ts'
import { answerInit } from '../handshake/answer-init.ts'
import type { ListeningContext } from '../handshake/listening-context.ts'
import type { Path } from '../paths/path.ts'
import { isUnicast, type Route } from '../paths/transport-address.ts'
import { receiveChunks } from '../reception/receive-packet.ts'
import type { Chunk } from '../wire/chunk.ts'
import { CAUSE_CODE } from '../wire/error-cause.ts'
import type { Packet } from '../wire/packet.ts'
import type { AssociationTable } from './association-table.ts'

/** What finds the association of a packet. */
export interface RoutingContext extends ListeningContext {
  readonly table: AssociationTable
}

/**
 * Hands a packet to its association, to the handshake, or to the rules for packets out of the blue
 * (RFC 9260 sections 8.4 and 8.5).
 *
 * @returns the verdict, under which it is counted
 */
export function routePacket(context: RoutingContext, packet: Packet, from: Route): string {
  const [first] = packet.chunks
  if (!first) return 'empty'
  if (first.kind === 'init') return routeInit(context, packet, first, from)
  if (first.kind === 'cookie-echo') return routeCookie(context, packet, first, from)
  const association = context.table.byTag(packet.verificationTag)
  const path = association && pathOf(association, packet, from)
  if (association && path && packet.destinationPort === context.localPort) {
    return take(association, packet.chunks, path, from)
  }
  return routeUnknownTag(context, packet, from)
}

const pathOf = (association: Association, packet: Packet, from: Route): Path | undefined =>
  association.peerPort === packet.sourcePort ? association.paths.find(from.address) : undefined

function take(association: Association, chunks: readonly Chunk[], path: Path, from: Route): string {
  if (isOutOfPlace(association, chunks)) return 'wrong-t-bit'
  if (path.to.port !== from.port) learnPort(association, path, from)
  receiveChunks(association, chunks, path)
  return 'taken'
}

/** With our own tag, ABORT and SHUTDOWN COMPLETE must not say that it is the peer's (8.5.1 B, C). */
const isOutOfPlace = ({ localTag, peerTag }: Association, chunks: readonly Chunk[]): boolean =>
  localTag !== peerTag &&
  chunks.some(
    (chunk) => (chunk.kind === 'abort' || chunk.kind === 'shutdown-complete') && chunk.reflected,
  )

/** The tag was right: the peer is now to be reached at this UDP port (RFC 6951 section 5.4). */
function learnPort(association: Association, path: Path, from: Route): void {
  association.context.reindex(association, () => {
    path.to = from
  })
  notifyPath(association, path, 'port-changed')
}

/** INIT: alone in its packet, with tag 0, to our port (RFC 9260 sections 5.1 and 8.5.1 A). */
function routeInit(
  context: RoutingContext,
  packet: Packet,
  init: Extract<Chunk, { kind: 'init' | 'init-ack' }>,
  from: Route,
): string {
  if (packet.chunks.length > 1 || packet.verificationTag !== 0) return 'bad-init'
  if (!isUnicast(from.address)) return 'not-unicast'
  if (packet.destinationPort !== context.localPort) return 'wrong-port'
  answerInit(context, packet, init, from, context.table.byPlace(from, packet.sourcePort))
  return 'init'
}

/** COOKIE ECHO, first in its packet; what follows belongs to the association it sets up (5.1 D). */
function routeCookie(
  context: RoutingContext,
  packet: Packet,
  echo: Extract<Chunk, { kind: 'cookie-echo' }>,
  from: Route,
): string {
  if (packet.destinationPort !== context.localPort) return 'wrong-port'
  const existing =
    context.table.byPlace(from, packet.sourcePort) ?? context.table.byTag(packet.verificationTag)
  const association = acceptCookie(context, packet, echo, from, existing)
  const path = association && pathOf(association, packet, from)
  if (!association || !path) return 'refused-cookie'
  receiveChunks(association, packet.chunks.slice(1), path)
  return 'cookie'
}

/** No association has this tag: the peer's own tag reflected, a mistake, or out of the blue. */
function routeUnknownTag(context: RoutingContext, packet: Packet, from: Route): string {
  const association =
    packet.destinationPort === context.localPort
      ? context.table.byPlace(from, packet.sourcePort)
      : undefined
  const path = association && pathOf(association, packet, from)
  if (!association || !path || isFormerShutdown(association, packet)) {
    return answerOutOfTheBlue(context, packet, from)
  }
  if (!isReflected(association, packet)) return 'wrong-tag'
  receiveChunks(association, packet.chunks, path)
  return 'taken'
}

/** ABORT and SHUTDOWN COMPLETE of a peer that knows no tag but its own (8.5.1 B, C). */
const isReflected = ({ peerTag }: Association, { chunks, verificationTag }: Packet): boolean => {
  const [first] = chunks
  const mayReflect = first?.kind === 'abort' || first?.kind === 'shutdown-complete'
  return mayReflect && first.reflected && peerTag !== 0 && verificationTag === peerTag
}

/** The peer is still ending an association that we no longer know (8.5.1 E). */
const isFormerShutdown = ({ state }: Association, { chunks }: Packet): boolean =>
  (state === 'COOKIE-WAIT' || state === 'COOKIE-ECHOED') &&
  chunks.some(({ kind }) => kind === 'shutdown-ack')

function answerOutOfTheBlue(context: RoutingContext, packet: Packet, from: Route): string {
  if (!isUnicast(from.address)) return 'not-unicast'
  const verdict = outOfTheBlueVerdict(packet)
  if (verdict.kind === 'discard') return `out-of-the-blue-${verdict.reason}`
  context.reply(
    {
      sourcePort: packet.destinationPort,
      destinationPort: packet.sourcePort,
      verificationTag: verdict.verificationTag,
      chunks: [verdict.chunk],
    },
    from,
  )
  return 'out-of-the-blue'
}

/** Why a packet that belongs to no association gets no answer, or which chunk answers it. */
type OutOfTheBlueVerdict =
  | { kind: 'discard'; reason: string }
  | { kind: 'answer'; chunk: Chunk; verificationTag: number }

/**
 * RFC 9260 section 8.4, rules 2 and 5 to 8: a packet of no association (rule 1, addresses that are
 * not unicast, was applied before; rules 3 and 4, INIT and COOKIE ECHO, are the handshake's).
 */
function outOfTheBlueVerdict(packet: Packet): OutOfTheBlueVerdict {
  const { chunks, verificationTag } = packet
  if (chunks.some(({ kind }) => kind === 'abort')) return { kind: 'discard', reason: 'abort' }
  if (chunks.some(({ kind }) => kind === 'init'))
    return { kind: 'discard', reason: 'init-with-tag' }
  if (chunks.some(({ kind }) => kind === 'shutdown-ack')) {
    return {
      kind: 'answer',
      chunk: { kind: 'shutdown-complete', reflected: true },
      verificationTag,
    }
  }
  if (chunks.some(({ kind }) => kind === 'shutdown-complete')) {
    return { kind: 'discard', reason: 'shutdown-complete' }
  }
  if (chunks.some((chunk) => chunk.kind === 'cookie-ack' || isStaleCookie(chunk))) {
    return { kind: 'discard', reason: 'late-handshake' }
  }
  return { kind: 'answer', chunk: { kind: 'abort', reflected: true, causes: [] }, verificationTag }
}

const isStaleCookie = (chunk: Chunk): boolean =>
  chunk.kind === 'error' && chunk.causes.some(({ code }) => code === CAUSE_CODE.STALE_COOKIE)
