import { createHmac, timingSafeEqual } from 'node:crypto'

import { MalformedPacketError } from '../wire/malformed-packet-error.ts'
import type { Parsed } from '../wire/parsed.ts'
import { decodeStateCookie, encodeStateCookie } from './state-cookie.ts'
import type { StateCookie } from './state-cookie.ts'

const SECRET_BYTES = 32
const SIGNATURE_BYTES = 32

/** Both ends of the exchange that a cookie belongs to: no one else can use it. */
export interface CookieBinding {
  localAddress: string
  localPort: number
  peerAddress: string
  peerUdpPort: number
  peerPort: number
}

/**
 * Signs and checks state cookies with HMAC-SHA-256 (RFC 9260 section 5.1.3). The secret is replaced
 * once it is as old as a cookie can become; the one before it is kept, so that every cookie made
 * stays good for its life.
 */
export class CookieJar {
  readonly #random: (size: number) => Uint8Array
  readonly #rotationMillis: number
  #secrets: Uint8Array[]
  #rotatedAt: number

  constructor(random: (size: number) => Uint8Array, rotationMillis: number, now: number) {
    this.#random = random
    this.#rotationMillis = rotationMillis
    this.#secrets = [random(SECRET_BYTES)]
    this.#rotatedAt = now
  }

  /** The signed cookie for an INIT ACK. */
  sign(cookie: StateCookie, binding: CookieBinding, now: number): Uint8Array {
    this.#rotate(now)
    const body = encodeStateCookie(cookie)
    const signature = signatureOf(this.#secrets[0] ?? body, body, binding)
    const signed = new Uint8Array(SIGNATURE_BYTES + body.length)
    signed.set(signature)
    signed.set(body, SIGNATURE_BYTES)
    return signed
  }

  /** The cookie of a COOKIE ECHO, if it is one of ours for this exchange (5.1.5 steps 1 to 3). */
  open(signed: Uint8Array, binding: CookieBinding, now: number): Parsed<StateCookie> {
    this.#rotate(now)
    const signature = signed.subarray(0, SIGNATURE_BYTES)
    const body = signed.subarray(SIGNATURE_BYTES)
    const ours = this.#secrets.some((secret) =>
      matches(signature, signatureOf(secret, body, binding)),
    )
    if (ours) return decodeStateCookie(body)
    return { ok: false, error: new MalformedPacketError('cookie', 'wrong signature') }
  }

  #rotate(now: number): void {
    if (now - this.#rotatedAt < this.#rotationMillis) return
    const previousStillUsed = now - this.#rotatedAt < 2 * this.#rotationMillis
    this.#secrets = [
      this.#random(SECRET_BYTES),
      ...this.#secrets.slice(0, previousStillUsed ? 1 : 0),
    ]
    this.#rotatedAt = now
  }
}

function signatureOf(secret: Uint8Array, body: Uint8Array, binding: CookieBinding): Uint8Array {
  const { localAddress, localPort, peerAddress, peerUdpPort, peerPort } = binding
  const ends = [localAddress, localPort, peerAddress, peerUdpPort, peerPort].join('|')
  return createHmac('sha256', secret).update(ends).update('\0').update(body).digest()
}

const matches = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b)
