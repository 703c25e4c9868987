import { LITTLE } from '../ffi/native-memory.ts'

/** The states of a connection (RFC 9293, 3.3.2), by Linux's numbers from 1 on. */
const STATES = [
  'ESTABLISHED',
  'SYN-SENT',
  'SYN-RECEIVED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'CLOSED',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
]
/** How much of struct tcp_info every Linux of this century fills. */
export const TCP_INFO_BYTES = 104

/** Where each number of 32 bits is in struct tcp_info (tcp(7)): the same on x64 and arm64. */
const OFFSETS = {
  retransmitTimeoutMicros: 8,
  delayedAckMicros: 12,
  sendSegmentBytes: 16,
  receiveSegmentBytes: 20,
  unacknowledgedSegments: 24,
  lostSegments: 32,
  retransmittingSegments: 36,
  lastDataSentMillis: 44,
  lastDataReceivedMillis: 52,
  lastAckReceivedMillis: 56,
  pathMtu: 60,
  rttMicros: 68,
  roundTripVarianceMicros: 72,
  slowStartThreshold: 76,
  congestionWindow: 80,
  reordering: 88,
  totalRetransmissions: 100,
} as const

/** What the kernel knows of a connection (TCP_INFO). Windows and thresholds are in segments. */
export type TcpInfo = { [Name in keyof typeof OFFSETS]: number } & {
  state: string
  /** Timeouts in a row without an answer. */
  retransmissions: number
  /** Unanswered probes of a keepalive or of a closed window. */
  probes: number
}

/**
 * Reads `struct tcp_info` (tcp(7)) in this machine's byte order.
 *
 * @throws {RangeError} when `memory` is shorter than the fields that are read
 */
export function decodeTcpInfo(memory: Uint8Array): TcpInfo {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength)
  const numbers = Object.fromEntries(
    Object.entries(OFFSETS).map(([name, offset]) => [name, view.getUint32(offset, LITTLE)]),
  ) as Record<keyof typeof OFFSETS, number>
  const state = STATES[view.getUint8(0) - 1] ?? 'UNKNOWN'
  return { state, retransmissions: view.getUint8(2), probes: view.getUint8(3), ...numbers }
}
