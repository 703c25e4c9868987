import type { AssociationState } from './association.ts'
import type { StateCookie } from './state-cookie.ts'

/**
 * What to do with a COOKIE ECHO when its association exists already (RFC 9260 section 5.2.4).
 * - `restart` (A): the peer has lost its state and begins anew
 * - `adopt` (B): both sides began at the same time; the peer's tag is the cookie's
 * - `discard` (C): a cookie that came late
 * - `confirm` (D): the handshake's own cookie, perhaps repeated
 */
export type CollisionVerdict = 'restart' | 'adopt' | 'discard' | 'confirm'

/** Table 12 of RFC 9260 section 5.2.4: the cookie's tags against those of the association. */
export function judgeCollision(
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
