import { HMAC_BYTES, hmacOf, isHmacRight } from './stamp-hmac.ts'
import { readTlvs, STAMP_TLV, type StampTlv, TLV_FLAG } from './tlv.ts'

/** What a reflector knows of a packet besides its bytes. */
export interface ReceivedHeader {
  readonly sourcePort: number
  readonly destinationPort: number
  /** Type of service or traffic class as it arrived; null where the socket does not tell. */
  readonly trafficClass: number | null
  /** Packets of the session that came in, and answers to them, this one counted; null for a stateless reflector. */
  readonly counts: { readonly received: number; readonly sent: number } | null
}

const LOCATION_PORT_BYTES = 4
const CLASS_OF_SERVICE_BYTES = 4
const DIRECT_MEASUREMENT_BYTES = 12
const SEQUENCE_BYTES = 4
/** RP of a Class of Service TLV: the DSCP that was asked for on the way back is not used. */
const REVERSE_PATH_REFUSED = 1

/**
 * Fills in the TLVs of an answer where they stand, and their flags (RFC 8972, section 4).
 *
 * @param packet begins with the answer's base packet, and has the sender's TLVs behind it
 * @param base bytes of the base packet
 * @param isIntact what `areTlvsIntact` said of the request: otherwise no TLV is looked at
 */
export function reflectTlvs(
  packet: Uint8Array,
  base: number,
  header: ReceivedHeader,
  isIntact: boolean,
  key: Uint8Array | undefined,
): void {
  const area = packet.subarray(base)
  for (const tlv of readTlvs(area)) {
    area[tlv.at] = isIntact ? reflectTlv(tlv, header, key !== undefined) : TLV_FLAG.integrity
    // It covers what stands before it, which is filled in by now.
    if (isIntact && key !== undefined && isHmac(tlv))
      tlv.value.set(hmacOf(key, [packet.subarray(0, SEQUENCE_BYTES), area.subarray(0, tlv.at)]))
  }
}

/**
 * Whether the TLVs are those that were sent: in the authenticated mode they need an HMAC TLV, unless there is padding
 * only (RFC 8972, section 4.8). Without a key there is nothing to check.
 */
export function areTlvsIntact(
  packet: Uint8Array,
  base: number,
  key: Uint8Array | undefined,
): boolean {
  if (key === undefined) return true
  const area = packet.subarray(base)
  const tlvs = readTlvs(area)
  if (tlvs.every(({ type }) => type === STAMP_TLV.extraPadding)) return true
  const hmac = tlvs.find(isHmac)
  if (hmac === undefined) return false
  const covered = [packet.subarray(0, SEQUENCE_BYTES), area.subarray(0, hmac.at)]
  return isHmacRight(key, covered, hmac.value)
}

function isHmac({ type, value, truncated }: StampTlv): boolean {
  return type === STAMP_TLV.hmac && !truncated && value.length === HMAC_BYTES
}

/** @returns its flags */
function reflectTlv(tlv: StampTlv, header: ReceivedHeader, hasKey: boolean): number {
  if (tlv.truncated) return TLV_FLAG.malformed
  const view = new DataView(tlv.value.buffer, tlv.value.byteOffset, tlv.value.length)
  switch (tlv.type) {
    case STAMP_TLV.extraPadding:
      return 0
    case STAMP_TLV.location:
      return reflectLocation(view, tlv.value, header)
    case STAMP_TLV.classOfService:
      return reflectClassOfService(view, header)
    case STAMP_TLV.directMeasurement:
      return reflectDirectMeasurement(view, header)
    case STAMP_TLV.hmac:
      if (!hasKey) return TLV_FLAG.unrecognized
      return isHmac(tlv) ? 0 : TLV_FLAG.malformed
    default:
      return TLV_FLAG.unrecognized
  }
}

/** The ports as they arrived; sub-TLVs are flagged as not known (RFC 8972, section 4.2). */
function reflectLocation(view: DataView, value: Uint8Array, header: ReceivedHeader): number {
  if (value.length < LOCATION_PORT_BYTES) return TLV_FLAG.malformed
  view.setUint16(0, header.destinationPort)
  view.setUint16(2, header.sourcePort)
  const area = value.subarray(LOCATION_PORT_BYTES)
  for (const { at, truncated } of readTlvs(area))
    area[at] = truncated ? TLV_FLAG.malformed : TLV_FLAG.unrecognized
  return 0
}

/** DSCP2 and ECN are those that arrived (RFC 8972, section 4.4). */
function reflectClassOfService(view: DataView, { trafficClass }: ReceivedHeader): number {
  if (view.byteLength !== CLASS_OF_SERVICE_BYTES) return TLV_FLAG.malformed
  if (trafficClass === null) return TLV_FLAG.unrecognized
  const wanted = view.getUint8(0) >>> 2
  const reversePath = wanted === 0 ? 0 : REVERSE_PATH_REFUSED
  const dscp = trafficClass >>> 2
  view.setUint16(0, (wanted << 10) | (dscp << 4) | ((trafficClass & 3) << 2) | reversePath)
  return 0
}

/** How many packets of the session came in, and how many were answered, this one too (RFC 8972, section 4.5). */
function reflectDirectMeasurement(view: DataView, { counts }: ReceivedHeader): number {
  if (view.byteLength !== DIRECT_MEASUREMENT_BYTES) return TLV_FLAG.malformed
  if (counts === null) return TLV_FLAG.unrecognized
  view.setUint32(4, counts.received)
  view.setUint32(8, counts.sent)
  return 0
}
