import { DATA_HEADER_BYTES } from '../wire/data-chunk.ts'
import { COMMON_HEADER_BYTES } from '../wire/packet.ts'
import { CongestionWindow } from './congestion-window.ts'
import type { Host } from './host.ts'
import { headerBytes, mtuLimits } from './mtu-limits.ts'
import type { OutgoingChunk } from './outgoing-chunk.ts'
import { PathMtu } from './path-mtu.ts'
import { RtoEstimate } from './rto-estimate.ts'
import type { Route } from './transport-address.ts'

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
  readonly mtu: PathMtu
  /** The MTU that the user was told last, bytes. */
  toldMtu: number | undefined
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

  constructor(to: Route, state: Path['state'], host: Host) {
    this.to = to
    this.state = state
    this.rto = new RtoEstimate(host.parameters)
    this.mtu = new PathMtu(() => mtuLimits(host, this.to))
    this.congestion = new CongestionWindow(this, to.address.includes(':') ? 4344 : 4404)
    this.usedAt = host.now
  }

  /** Largest SCTP packet, bytes. */
  get packetBytes(): number {
    return this.mtu.size
  }

  /** Largest IP packet, bytes, headers included. */
  get mtuBytes(): number {
    return this.mtu.size + headerBytes(this.to)
  }

  /** The longest user data of one DATA chunk alone in a packet (PMDCS less its header, RFC 9260 section 1.3). */
  get chunkBytes(): number {
    return this.packetBytes - COMMON_HEADER_BYTES - DATA_HEADER_BYTES
  }
}
