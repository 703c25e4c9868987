import { readUint16, readUint32, writeUint16, writeUint32 } from '../wire/bytes.ts'
import { MalformedPacketError } from '../wire/malformed-packet-error.ts'
import { decodeParameters, encodeParameter } from '../wire/parameter.ts'
import type { Parsed } from '../wire/parsed.ts'

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
export function encodeStateCookie(cookie: StateCookie): Uint8Array {
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
export function decodeStateCookie(bytes: Uint8Array): Parsed<StateCookie> {
  if (bytes.length < FIXED_BYTES) {
    return { ok: false, error: new MalformedPacketError('cookie', `${bytes.length} bytes`) }
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
