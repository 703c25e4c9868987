import { ok, strictEqual } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { CookieSigner, type StateCookie } from './state-cookie.ts'

const BINDING = {
  localAddress: '192.0.2.1',
  localPort: 9877,
  peerAddress: '192.0.2.2',
  peerUdpPort: 9899,
  peerPort: 5000,
}
const COOKIE: StateCookie = {
  createdAt: 1_772_366_400_123,
  lifeMillis: 60_000,
  localTag: 1,
  peerTag: 2,
  localTieTag: 0,
  peerTieTag: 0,
  localInitialTsn: 3,
  peerInitialTsn: 4,
  peerWindow: 65_536,
  outboundStreams: 4,
  inboundStreams: 4,
  addresses: ['192.0.2.3', '2001:db8::3'],
}

const signer = new CookieSigner((size) => new Uint8Array(size).fill(5), 60_000, 0)
const signed = signer.sign(COOKIE, BINDING, 0)

/** Only the cookie that was signed is one of ours, and it says what was signed. */
function stateCookie(input: Uint8Array): void {
  const result = signer.open(input, BINDING, 0)
  strictEqual(result.ok, Buffer.compare(input, signed) === 0)
  if (result.ok) strictEqual(JSON.stringify(result.value), JSON.stringify(COOKIE))
}

/** Whatever addresses and numbers a cookie holds, it comes back as it was made. */
function madeCookie(input: Uint8Array): void {
  const view = new DataView(Uint8Array.from({ length: 64 }, (_, at) => input[at] ?? 0).buffer)
  const cookie: StateCookie = {
    createdAt: view.getUint32(0) * 2 ** 20 + view.getUint16(4),
    lifeMillis: view.getUint32(8),
    localTag: view.getUint32(12),
    peerTag: view.getUint32(16),
    localTieTag: view.getUint32(20),
    peerTieTag: view.getUint32(24),
    localInitialTsn: view.getUint32(28),
    peerInitialTsn: view.getUint32(32),
    peerWindow: view.getUint32(36),
    outboundStreams: view.getUint16(40),
    inboundStreams: view.getUint16(42),
    addresses: [44, 48, 52].slice(0, input.length % 4).map((at) => addressAt(view, at)),
  }
  const result = signer.open(signer.sign(cookie, BINDING, 0), BINDING, 0)
  ok(result.ok)
  strictEqual(JSON.stringify(result.value), JSON.stringify(cookie))
}

const addressAt = (view: DataView, at: number): string =>
  [0, 1, 2, 3].map((offset) => view.getUint8(at + offset)).join('.')

export const targets: readonly FuzzTarget[] = [
  { name: 'sctp-cookie', seeds: [signed], maximumBytes: 256, run: stateCookie },
  {
    name: 'sctp-cookie-fields',
    seeds: [Uint8Array.from({ length: 58 }, (_, index) => index * 4)],
    maximumBytes: 64,
    run: madeCookie,
  },
]
