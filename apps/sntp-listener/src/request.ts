import { randomBytes } from 'node:crypto'

import {
  encodeNtpPacket,
  macOf,
  NTP_MODE,
  type NtpFields,
  type NtpKey,
} from '@sockyard/protocol/ntp'

/** A precision that means nothing, as draft-ietf-ntp-data-minimization has it. */
const NO_PRECISION = 32

/** A request and the random number in it that its reply has to repeat. */
export interface Request {
  readonly transmitRaw: bigint
  readonly bytes: Uint8Array
}

/**
 * A client's request that tells nothing of the client: all zero, and a random number where the time would be
 * (draft-ietf-ntp-data-minimization). Nobody can answer it who has not seen it.
 */
export function makeRequest(key: NtpKey | undefined): Request {
  const transmitRaw = randomBytes(8).readBigUInt64BE() || 1n
  const fields: NtpFields = {
    leap: 0,
    version: 4,
    mode: NTP_MODE.client,
    stratum: 0,
    poll: 0,
    precision: NO_PRECISION,
    rootDelayNanos: 0n,
    rootDispersionNanos: 0n,
    referenceIdRaw: 0,
    referenceRaw: 0n,
    originRaw: 0n,
    receiveRaw: 0n,
    transmitRaw,
    extensions: [],
    mac: null,
  }
  const mac = key === undefined ? null : macOf(key, fields)
  return { transmitRaw, bytes: encodeNtpPacket({ ...fields, mac }) }
}
