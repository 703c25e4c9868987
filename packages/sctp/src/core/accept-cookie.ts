import type { CookieEchoChunk } from '../wire/chunk.ts'
import { CAUSE_CODE, staleCookie } from '../wire/error-cause.ts'
import type { Packet } from '../wire/packet.ts'
import { Association } from './association.ts'
import { judgeCollision } from './collision.ts'
import { agree, establish } from './establishment.ts'
import { failedMessages } from './failed-messages.ts'
import { answerTo, bindingOf } from './listening-host.ts'
import type { ListeningHost } from './listening-host.ts'
import { Path } from './path.ts'
import { sendStep } from './shutdown.ts'
import type { StateCookie } from './state-cookie.ts'
import type { Route } from './transport-address.ts'

/**
 * COOKIE ECHO: the first packet that costs us memory, and only if the cookie is ours, for this peer,
 * and fresh (RFC 9260 sections 5.1 D, 5.1.5 and 5.2.4). The association that the rest of the packet
 * belongs to, if there is one now.
 */
export function acceptCookie(
  host: ListeningHost,
  packet: Packet,
  { cookie: signed }: CookieEchoChunk,
  from: Route,
  existing: Association | undefined,
): Association | undefined {
  const opened = host.cookies.open(signed, bindingOf(packet, from), host.now)
  if (!opened.ok || opened.value.localTag !== packet.verificationTag) return undefined
  const cookie = opened.value
  const verdict = existing && judgeCollision(cookie, existing)
  const late = host.now - cookie.createdAt - cookie.lifeMillis
  if (late > 0 && verdict !== 'confirm') {
    const error = { kind: 'error' as const, causes: [staleCookie(Math.ceil(late * 1000))] }
    host.reply(answerTo(packet, cookie.peerTag, [error]), from)
    return undefined
  }
  if (!existing) return host.accepting ? accept(host, packet, cookie, from) : undefined
  switch (verdict) {
    case 'confirm':
      return confirm(existing)
    case 'adopt':
      return adopt(existing, cookie)
    case 'restart':
      return restart(host, packet, existing, cookie, from)
    case 'discard':
    case undefined:
      break
  }
  return undefined
}

function accept(
  host: ListeningHost,
  packet: Packet,
  cookie: StateCookie,
  from: Route,
): Association {
  const { localTag, localInitialTsn } = cookie
  const association = new Association(
    host,
    host.newId(),
    packet.sourcePort,
    localTag,
    localInitialTsn,
  )
  association.peerTag = cookie.peerTag
  association.paths.add(new Path(from, 'active', host))
  host.admit(association)
  agree(association, cookie)
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
  agree(association, cookie)
  return established(association)
}

/** Action A: the peer begins anew; what was on its way to its former self is lost. */
function restart(
  host: ListeningHost,
  packet: Packet,
  association: Association,
  cookie: StateCookie,
  from: Route,
): Association | undefined {
  if (association.state === 'SHUTDOWN-ACK-SENT') {
    sendStep(association)
    const cause = {
      code: CAUSE_CODE.COOKIE_RECEIVED_WHILE_SHUTTING_DOWN,
      information: new Uint8Array(0),
    }
    host.reply(answerTo(packet, cookie.peerTag, [{ kind: 'error', causes: [cause] }]), from)
    return undefined
  }
  for (const failed of failedMessages(association)) host.notify(failed)
  host.relocate(association, () => {
    association.begin(cookie.localTag, cookie.peerTag, cookie.localInitialTsn)
    association.paths.reset(host)
  })
  agree(association, cookie)
  return established(association, true)
}
