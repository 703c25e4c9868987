import { createHmac, timingSafeEqual } from 'node:crypto'

import { malformed, type Parsed } from '@sockyard/protocol/parsed'

import { readUint16, readUint32, writeUint16, writeUint32 } from '../wire/bytes.ts'
import { decodeParameters, encodeParameter } from '../wire/parameter.ts'

/** All that a server must know to set up an association, kept by the client (RFC 9260 5.1.3). */
export interface StateCookie {
  /** The server's clock when it was made, milliseconds. */
  createdAt: number
  /** Milliseconds from then that it is good for. */
  lifeMillis: number
  localTag: number
  peerTag: number
  /** Tags of an association that existed then, or 0 (RFC 9260 section 5.2.2). */
  localTieTag: number
  peerTieTag: number
  localInitialTsn: number
  peerInitialTsn: number
  /** The peer's advertised receiver window credit, bytes. */
  peerWindow: number
  outboundStreams: number
  inboundStreams: number
  /** Addresses that the peer listed beside the one it sent from. */
  addresses: string[]
}

const FIXED_BYTES = 48

/** The cookie as bytes, not yet signed. */
function encodeStateCookie(cookie: StateCookie): Uint8Array {
  const addresses = cookie.addresses.map((address) => encodeParameter({ kind: 'address', address }))
  const bytes = new Uint8Array(addresses.reduce((sum, each) => sum + each.length, FIXED_BYTES))
  writeUint32(bytes, 0, Math.floor(cookie.createdAt / 0x1_0000_0000))
  writeUint32(bytes, 4, cookie.createdAt >>> 0)
  writeUint32(bytes, 8, cookie.lifeMillis)
  writeUint32(bytes, 12, cookie.localTag)
  writeUint32(bytes, 16, cookie.peerTag)
  writeUint32(bytes, 20, cookie.localTieTag)
  writeUint32(bytes, 24, cookie.peerTieTag)
  writeUint32(bytes, 28, cookie.localInitialTsn)
  writeUint32(bytes, 32, cookie.peerInitialTsn)
  writeUint32(bytes, 36, cookie.peerWindow)
  writeUint16(bytes, 40, cookie.outboundStreams)
  writeUint16(bytes, 42, cookie.inboundStreams)
  let at = FIXED_BYTES
  for (const address of addresses) {
    bytes.set(address, at)
    at += address.length
  }
  return bytes
}

/** Reads a cookie whose signature was right. */
function decodeStateCookie(bytes: Uint8Array): Parsed<StateCookie> {
  if (bytes.length < FIXED_BYTES) {
    return malformed('sctp', 'cookie', `${bytes.length} bytes`)
  }
  const parameters = decodeParameters(bytes.subarray(FIXED_BYTES))
  if (!parameters.ok) return parameters
  return {
    ok: true,
    value: {
      createdAt: readUint32(bytes, 0) * 0x1_0000_0000 + readUint32(bytes, 4),
      lifeMillis: readUint32(bytes, 8),
      localTag: readUint32(bytes, 12),
      peerTag: readUint32(bytes, 16),
      localTieTag: readUint32(bytes, 20),
      peerTieTag: readUint32(bytes, 24),
      localInitialTsn: readUint32(bytes, 28),
      peerInitialTsn: readUint32(bytes, 32),
      peerWindow: readUint32(bytes, 36),
      outboundStreams: readUint16(bytes, 40),
      inboundStreams: readUint16(bytes, 42),
      addresses: parameters.value.flatMap((each) =>
        each.kind === 'address' ? [each.address] : [],
      ),
    },
  }
}

const SECRET_BYTES = 32
const SIGNATURE_BYTES = 32

/** Both ends of the exchange that a cookie belongs to: no other peer can use it. */
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
export class CookieSigner {
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
    return malformed('sctp', 'cookie', 'wrong signature')
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
