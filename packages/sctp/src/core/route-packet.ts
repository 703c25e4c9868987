import type { Chunk } from '../wire/chunk.ts'
import type { Packet } from '../wire/packet.ts'
import { acceptCookie } from './accept-cookie.ts'
import { answerInit } from './answer-init.ts'
import type { AssociationTable } from './association-table.ts'
import type { Association } from './association.ts'
import type { ListeningHost } from './listening-host.ts'
import { judgeOutOfTheBlue } from './out-of-the-blue.ts'
import { notifyPath } from './path-errors.ts'
import type { Path } from './path.ts'
import { receiveChunks } from './receive-chunks.ts'
import type { Route } from './transport-address.ts'
import { isUnicast } from './unicast.ts'

/** What finds the association of a packet. */
export interface RoutingHost extends ListeningHost {
  readonly table: AssociationTable
}

/**
 * Hands a packet to its association, to the handshake, or to the rules for packets out of the blue
 * (RFC 9260 sections 8.4 and 8.5). Says what it came to, in a word, for counting.
 */
export function routePacket(host: RoutingHost, packet: Packet, from: Route): string {
  const [first] = packet.chunks
  if (!first) return 'empty'
  if (first.kind === 'init') return routeInit(host, packet, first, from)
  if (first.kind === 'cookie-echo') return routeCookie(host, packet, first, from)
  const association = host.table.byTag(packet.verificationTag)
  const path = association && pathOf(association, packet, from)
  if (association && path && packet.destinationPort === host.localPort) {
    return take(association, packet.chunks, path, from)
  }
  return routeStranger(host, packet, from)
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
  association.host.relocate(association, () => {
    path.to = from
  })
  notifyPath(association, path, 'port-changed')
}

/** INIT: alone in its packet, with tag 0, to our port (RFC 9260 sections 5.1 and 8.5.1 A). */
function routeInit(
  host: RoutingHost,
  packet: Packet,
  init: Extract<Chunk, { kind: 'init' | 'init-ack' }>,
  from: Route,
): string {
  if (packet.chunks.length > 1 || packet.verificationTag !== 0) return 'bad-init'
  if (!isUnicast(from.address)) return 'not-unicast'
  if (packet.destinationPort !== host.localPort) return 'wrong-port'
  answerInit(host, packet, init, from, host.table.byPlace(from, packet.sourcePort))
  return 'init'
}

/** COOKIE ECHO, first in its packet; what follows belongs to the association it sets up (5.1 D). */
function routeCookie(
  host: RoutingHost,
  packet: Packet,
  echo: Extract<Chunk, { kind: 'cookie-echo' }>,
  from: Route,
): string {
  if (packet.destinationPort !== host.localPort) return 'wrong-port'
  const existing =
    host.table.byPlace(from, packet.sourcePort) ?? host.table.byTag(packet.verificationTag)
  const association = acceptCookie(host, packet, echo, from, existing)
  const path = association && pathOf(association, packet, from)
  if (!association || !path) return 'refused-cookie'
  receiveChunks(association, packet.chunks.slice(1), path)
  return 'cookie'
}

/** No association has this tag: the peer's own tag reflected, a mistake, or out of the blue. */
function routeStranger(host: RoutingHost, packet: Packet, from: Route): string {
  const association =
    packet.destinationPort === host.localPort
      ? host.table.byPlace(from, packet.sourcePort)
      : undefined
  const path = association && pathOf(association, packet, from)
  if (!association || !path || isFormerShutdown(association, packet)) {
    return answerOutOfTheBlue(host, packet, from)
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

function answerOutOfTheBlue(host: RoutingHost, packet: Packet, from: Route): string {
  if (!isUnicast(from.address)) return 'not-unicast'
  const verdict = judgeOutOfTheBlue(packet)
  if (verdict.kind === 'discard') return `out-of-the-blue-${verdict.reason}`
  host.reply(
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
