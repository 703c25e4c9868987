import { malformed, parsed, type Parsed } from '../parsed.ts'
import { fillPattern, firstMismatch } from './pattern.ts'

/**
 * What an echo client sends, to know its own bytes again when they come back. All fields are
 * big-endian; padding up to the wanted size follows.
 *
 *     0 magic "SYE"   3 version 1   4 session u32   8 sequence u32   12 send time u64   20 padding …
 */
export interface EchoProbe {
  /** Picked at random by a run of the client, so that late answers to another run are not counted. */
  session: number
  /** Counts the probes of a session from 0, modulo 2^32. */
  sequence: number
  /** When it was sent: nanoseconds since 1970. */
  sentAt: bigint
}

/** The smallest probe: a header without padding. */
export const ECHO_HEADER_BYTES = 20

const MAGIC_AND_VERSION = 0x53594501 // "SYE", 1
const MAGIC = MAGIC_AND_VERSION >>> 8

/**
 * Builds a probe of `size` bytes.
 *
 * @throws {RangeError} when `size` is below {@link ECHO_HEADER_BYTES}
 */
export function encodeEchoProbe(probe: EchoProbe, size: number): Uint8Array {
  if (size < ECHO_HEADER_BYTES) throw tooSmall(size)
  return encodeEchoProbeInto(probe, new Uint8Array(size))
}

/**
 * Writes a probe over the whole of `bytes`, whose length is the probe's size; spares the allocation.
 *
 * @returns `bytes`
 * @throws {RangeError} when `bytes` is shorter than {@link ECHO_HEADER_BYTES}
 */
export function encodeEchoProbeInto(probe: EchoProbe, bytes: Uint8Array): Uint8Array {
  if (bytes.length < ECHO_HEADER_BYTES) throw tooSmall(bytes.length)
  const view = viewOf(bytes)
  view.setUint32(0, MAGIC_AND_VERSION)
  view.setUint32(4, probe.session)
  view.setUint32(8, probe.sequence)
  view.setBigUint64(12, probe.sentAt)
  fillPattern(bytes.subarray(ECHO_HEADER_BYTES), paddingOffset(probe))
  return bytes
}

/** Reads a probe's header; the padding is {@link verifyPadding}'s. */
export function decodeEchoProbe(bytes: Uint8Array): Parsed<EchoProbe> {
  if (bytes.length < ECHO_HEADER_BYTES) {
    return malformed('echo', 'length', `${bytes.length} B, a header has ${ECHO_HEADER_BYTES} B`)
  }
  const view = viewOf(bytes)
  const start = view.getUint32(0)
  if (start !== MAGIC_AND_VERSION) {
    return start >>> 8 === MAGIC
      ? malformed('echo', 'version', `${start & 0xff}, only 1 is known`)
      : malformed('echo', 'magic', 'not an echo probe')
  }
  return parsed({
    session: view.getUint32(4),
    sequence: view.getUint32(8),
    sentAt: view.getBigUint64(12),
  })
}

/**
 * Whether every byte after the header is what {@link encodeEchoProbe} put there; false without a good header.
 *
 * @param header when it was read before, which spares reading it again
 */
export function verifyPadding(bytes: Uint8Array, header?: EchoProbe): boolean {
  const probe = header === undefined ? decodeEchoProbe(bytes) : parsed(header)
  if (!probe.ok) return false
  const padding = bytes.subarray(ECHO_HEADER_BYTES)
  return firstMismatch(padding, paddingOffset(probe.value)) === undefined
}

/** Each probe has its own padding, so that one probe's end behind another's header is seen. */
function paddingOffset(probe: EchoProbe): number {
  return probe.session + probe.sequence
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function tooSmall(size: number): RangeError {
  return new RangeError(`an echo probe has at least ${ECHO_HEADER_BYTES} B, not ${size}`)
}
