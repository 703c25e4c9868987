import { DATA_HEADER_BYTES } from '../wire/data-chunk.ts'
import { COMMON_HEADER_BYTES } from '../wire/packet.ts'
import { CongestionWindow } from './congestion-window.ts'
import type { OutgoingChunk } from './outgoing-chunk.ts'
import type { ProtocolParameters } from './protocol-parameters.ts'
import { RtoEstimate } from './rto-estimate.ts'
import type { Route } from './transport-address.ts'

const UDP_HEADER_BYTES = 8
const NEVER = Number.POSITIVE_INFINITY

/**
 * One address of the peer, with all that is counted and measured for it. `unconfirmed` until a
 * HEARTBEAT came back from it (RFC 9260 section 5.4), `inactive` after too many errors (8.2).
 */
export class Path {
  /** The UDP port can change: it is learned from the peer's packets (RFC 6951 section 5.4). */
  to: Route
  state: 'unconfirmed' | 'active' | 'inactive'
  readonly rto: RtoEstimate
  readonly congestion: CongestionWindow
  /** Largest SCTP packet, bytes. */
  readonly packetBytes: number
  /** Bytes of user data sent on this path and neither acknowledged nor given up for lost. */
  flight = 0
  /** Consecutive retransmissions and HEARTBEATs without an answer. */
  errors = 0
  /** When T3-rtx runs out (6.3.2). */
  retransmitAt = NEVER
  /** When the next HEARTBEAT is due or the last one is lost (8.3). */
  heartbeatAt = NEVER
  /** The unanswered HEARTBEAT's nonce. */
  heartbeatNonce: Uint8Array | undefined
  heartbeatSentAt = 0
  /** When data were last sent here. */
  usedAt: number
  /** The chunk whose round trip is being measured; never one that was sent twice (6.3.1 C5). */
  measuring: OutgoingChunk | undefined
  /** Of the SACK in hand: bytes newly acknowledged here. */
  newlyAcknowledged = 0
  /** Of the SACK in hand: bytes in flight before it. */
  flightBefore = 0

  constructor(to: Route, state: Path['state'], parameters: ProtocolParameters, now: number) {
    this.to = to
    this.state = state
    this.rto = new RtoEstimate(parameters)
    this.packetBytes = sctpPacketBytes(to.address, parameters.mtu)
    this.congestion = new CongestionWindow(userDataBytes(this.packetBytes))
    this.usedAt = now
  }

  /** The longest user data of one DATA chunk alone in a packet (PMDCS, RFC 9260 section 2.3). */
  get chunkBytes(): number {
    return userDataBytes(this.packetBytes)
  }
}

const userDataBytes = (packetBytes: number): number =>
  packetBytes - COMMON_HEADER_BYTES - DATA_HEADER_BYTES

/** What IP and UDP leave of the MTU (RFC 6951 section 5.6), a multiple of four. */
const sctpPacketBytes = (address: string, mtu: number): number =>
  (mtu - (address.includes(':') ? 40 : 20) - UDP_HEADER_BYTES) & ~3
