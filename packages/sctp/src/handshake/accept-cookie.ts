import { failedMessages } from '../association/abort.ts'
import { Association, type AssociationState } from '../association/association.ts'
import { sendShutdownChunk } from '../association/shutdown.ts'
import { Path } from '../paths/path.ts'
import type { Route } from '../paths/transport-address.ts'
import type { CookieEchoChunk } from '../wire/chunk.ts'
import { CAUSE_CODE, staleCookie } from '../wire/error-cause.ts'
import type { Packet } from '../wire/packet.ts'
import { beginTransfer, establish } from './establishment.ts'
import { replyTo, cookieBinding, type ListeningContext } from './listening-context.ts'
import type { StateCookie } from './state-cookie.ts'

/**
 * COOKIE ECHO: the first packet that costs us memory, and only if the cookie is ours, for this peer,
 * and fresh (RFC 9260 sections 5.1 D, 5.1.5 and 5.2.4). The association that the rest of the packet
 * belongs to, if there is one now.
 */
export function acceptCookie(
  context: ListeningContext,
  packet: Packet,
  { cookie: signed }: CookieEchoChunk,
  from: Route,
  existing: Association | undefined,
): Association | undefined {
  const opened = context.cookies.open(signed, cookieBinding(packet, from), context.now)
  if (!opened.ok || opened.value.localTag !== packet.verificationTag) return undefined
  const cookie = opened.value
  const verdict = existing && collisionVerdict(cookie, existing)
  const late = context.now - cookie.createdAt - cookie.lifeMillis
  if (late > 0 && verdict !== 'confirm') {
    const error = { kind: 'error' as const, causes: [staleCookie(Math.ceil(late * 1000))] }
    context.reply(replyTo(packet, cookie.peerTag, [error]), from)
    return undefined
  }
  if (!existing) return context.accepting ? accept(context, packet, cookie, from) : undefined
  switch (verdict) {
    case 'confirm':
      return confirm(existing)
    case 'adopt':
      return adopt(existing, cookie)
    case 'restart':
      return restart(context, packet, existing, cookie, from)
    case 'discard':
    case undefined:
      break
  }
  return undefined
}

function accept(
  context: ListeningContext,
  packet: Packet,
  cookie: StateCookie,
  from: Route,
): Association {
  const { localTag, localInitialTsn } = cookie
  const association = new Association(
    context,
    context.newId(),
    packet.sourcePort,
    localTag,
    localInitialTsn,
  )
  association.peerTag = cookie.peerTag
  association.paths.add(new Path(from, 'active', context))
  context.add(association)
  beginTransfer(association, cookie)
  return established(association)
}

function established(association: Association, restarted = false): Association {
  association.sendControl([{ kind: 'cookie-ack' }])
  establish(association, restarted)
  return association
}

/** Action D: the cookie is this association's own. */
function confirm(association: Association): Association {
  if (association.state === 'COOKIE-ECHOED') return established(association)
  if (association.state !== 'COOKIE-WAIT') association.sendControl([{ kind: 'cookie-ack' }])
  return association
}

/** Action B: both sides began at once; what the peer's newer INIT said holds. */
function adopt(association: Association, cookie: StateCookie): Association {
  const { state } = association
  association.peerTag = cookie.peerTag
  if (state !== 'COOKIE-WAIT' && state !== 'COOKIE-ECHOED') return confirm(association)
  beginTransfer(association, cookie)
  return established(association)
}

/** Action A: the peer begins anew; what was on its way to its former self is lost. */
function restart(
  context: ListeningContext,
  packet: Packet,
  association: Association,
  cookie: StateCookie,
  from: Route,
): Association | undefined {
  if (association.state === 'SHUTDOWN-ACK-SENT') {
    sendShutdownChunk(association)
    const cause = {
      code: CAUSE_CODE.COOKIE_RECEIVED_WHILE_SHUTTING_DOWN,
      information: new Uint8Array(0),
    }
    context.reply(replyTo(packet, cookie.peerTag, [{ kind: 'error', causes: [cause] }]), from)
    return undefined
  }
  for (const failed of failedMessages(association.id, association.transfer)) context.notify(failed)
  if (association.ended) return undefined
  context.reindex(association, () => {
    association.begin(cookie.localTag, cookie.peerTag, cookie.localInitialTsn)
    association.paths.reset(context)
  })
  beginTransfer(association, cookie)
  return established(association, true)
}

/**
 * What to do with a COOKIE ECHO when its association exists already (RFC 9260 section 5.2.4).
 * - `restart` (A): the peer has lost its state and begins anew
 * - `adopt` (B): both sides began at the same time; the peer's tag is the cookie's
 * - `discard` (C): a cookie that came late
 * - `confirm` (D): the handshake's own cookie, perhaps repeated
 */
export type CollisionVerdict = 'restart' | 'adopt' | 'discard' | 'confirm'

/** Table 12 of RFC 9260 section 5.2.4: the cookie's tags against those of the association. */
export function collisionVerdict(
  cookie: Pick<StateCookie, 'localTag' | 'peerTag' | 'localTieTag' | 'peerTieTag'>,
  association: { localTag: number; peerTag: number; state: AssociationState },
): CollisionVerdict {
  const localMatches = cookie.localTag === association.localTag
  const peerMatches = cookie.peerTag === association.peerTag
  if (localMatches && peerMatches) return 'confirm'
  if (localMatches) return 'adopt'
  if (peerMatches) return 'discard'
  const tied =
    cookie.localTieTag === association.localTag && cookie.peerTieTag === association.peerTag
  return tied ? 'restart' : 'discard'
}
