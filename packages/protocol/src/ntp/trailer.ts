import { malformed, parsed, type Parsed } from '../parsed.ts'

/** An extension field (RFC 5905, section 7.5). */
export interface ExtensionField {
  /** 0 to 65535. */
  readonly type: number
  /** The value with its padding: a multiple of four octets, 12 or more. */
  readonly value: Uint8Array
}

/** A message authentication code (RFC 5905, section 7.3). Key 0 without a digest is a crypto-NAK. */
export interface NtpMac {
  /** Unsigned 32-bit integer. */
  readonly keyId: number
  readonly digest: Uint8Array
}

/** What follows the 48 octets of the header. */
export interface Trailer {
  readonly extensions: readonly ExtensionField[]
  readonly mac: NtpMac | null
}

/** RFC 7822: the shortest extension field, header included. */
const SHORTEST_EXTENSION = 16
/** RFC 7822: the shortest last extension field of a packet without a MAC, so that it isn't one. */
const SHORTEST_LAST_EXTENSION = 28
/** RFC 7822: the longest MAC of version 4, key id included. What is longer is an extension field. */
const LONGEST_MAC = 24
/** The longest MAC that older versions are seen with: 64 octets and MS-SNTP's 68, and the key id. */
const LONGEST_OLD_MAC = 72

const KEY_ID_BYTES = 4

/** Whether a MAC is a server's "I know no such key" (RFC 5905, section 9.2). */
export function isCryptoNak(mac: NtpMac): boolean {
  return mac.keyId === 0 && mac.digest.length === 0
}

/** Version 3 and older have no extension fields: there, all that follows is the MAC. */
function hasExtensions(version: number): boolean {
  return version > 3
}

function macLengthIsRight(version: number, bytes: number): boolean {
  if (hasExtensions(version)) return bytes === 20 || bytes === LONGEST_MAC
  return bytes >= 8 && bytes <= LONGEST_OLD_MAC && bytes % 4 === 0
}

function decodeMac(bytes: Uint8Array, version: number): Parsed<NtpMac | null> {
  if (bytes.length === 0) return parsed(null)
  const valid = bytes.length === KEY_ID_BYTES || macLengthIsRight(version, bytes.length)
  if (!valid) return malformed('ntp', 'mac', `must not have ${bytes.length} octets`)
  const keyId = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  if (bytes.length === KEY_ID_BYTES && keyId !== 0) {
    return malformed('ntp', 'mac', `key ${keyId} comes without a digest`)
  }
  return parsed({ keyId, digest: bytes.slice(KEY_ID_BYTES) })
}

/**
 * Splits what follows the header into extension fields and MAC. Only its length tells a MAC from an
 * extension field: in version 4, what is left is a MAC when it has 24 octets or fewer (RFC 7822).
 */
export function decodeTrailer(bytes: Uint8Array, version: number): Parsed<Trailer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const extensions: ExtensionField[] = []
  let start = 0
  while (hasExtensions(version) && bytes.length - start > LONGEST_MAC) {
    const length = view.getUint16(start + 2)
    if (length < SHORTEST_EXTENSION || length % 4 !== 0 || start + length > bytes.length) {
      return malformed('ntp', 'extension field', `must not have ${length} octets`)
    }
    extensions.push({ type: view.getUint16(start), value: bytes.slice(start + 4, start + length) })
    start += length
  }
  const mac = decodeMac(bytes.subarray(start), version)
  return mac.ok ? parsed({ extensions, mac: mac.value }) : mac
}

function encodeExtension({ type, value }: ExtensionField): Uint8Array {
  const bytes = new Uint8Array(4 + value.length)
  const valid = bytes.length >= SHORTEST_EXTENSION && bytes.length <= 0xffff
  if (!valid || bytes.length % 4 !== 0) {
    throw new RangeError(`extension field ${type}: ${bytes.length} octets: must be 16, 20, 24 …`)
  }
  const view = new DataView(bytes.buffer)
  view.setUint16(0, type)
  view.setUint16(2, bytes.length)
  bytes.set(value, 4)
  return bytes
}

/**
 * The extension fields as they are sent.
 *
 * @throws {RangeError} when a field's length is not allowed, or the version has no extension fields
 */
export function encodeExtensions(
  version: number,
  extensions: readonly ExtensionField[],
): Uint8Array[] {
  if (extensions.length > 0 && !hasExtensions(version)) {
    throw new RangeError(`version ${version}: has no extension fields`)
  }
  return extensions.map(encodeExtension)
}

/**
 * The MAC as it is sent, after the extension fields.
 *
 * @throws {RangeError} when the MAC's length, or without one that of the last extension field, would
 *   let a receiver take the one for the other (RFC 7822)
 */
export function encodeMac(version: number, { extensions, mac }: Trailer): Uint8Array {
  const last = extensions.at(-1)
  if (mac === null) {
    if (last !== undefined && last.value.length + 4 < SHORTEST_LAST_EXTENSION) {
      throw new RangeError(`extension field ${last.type}: the last one must have 28 octets or more`)
    }
    return new Uint8Array()
  }
  const bytes = new Uint8Array(KEY_ID_BYTES + mac.digest.length)
  if (!isCryptoNak(mac) && !macLengthIsRight(version, bytes.length)) {
    throw new RangeError(`mac: ${bytes.length} octets: not allowed in version ${version}`)
  }
  new DataView(bytes.buffer).setUint32(0, mac.keyId)
  bytes.set(mac.digest, KEY_ID_BYTES)
  return bytes
}
