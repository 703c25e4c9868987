import { DATA_HEADER_BYTES } from '../wire/data-chunk.ts'
import { COMMON_HEADER_BYTES } from '../wire/packet.ts'
import { CongestionWindow } from './congestion-window.ts'
import { PathMtu, headerBytes, mtuLimits, type MtuContext } from './path-mtu.ts'
import { RtoEstimate } from './rto-estimate.ts'
import type { Route } from './transport-address.ts'

const NEVER = Number.POSITIVE_INFINITY

/** What a path needs to know of the engine. */
export interface PathContext extends MtuContext {
  /** Milliseconds of a clock that only goes forward: the time of the event being worked on. */
  readonly now: number
}

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
  notifiedMtu: number | undefined
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
  /** The TSN whose round trip is being measured; never one that was sent twice (6.3.1 C5). */
  measuredTsn: number | undefined
  /** Of the SACK in hand: bytes newly acknowledged here. */
  newlyAcknowledged = 0
  /** Of the SACK in hand: bytes in flight before it. */
  flightBefore = 0

  constructor(to: Route, state: Path['state'], context: PathContext) {
    this.to = to
    this.state = state
    this.rto = new RtoEstimate(context.parameters)
    this.mtu = new PathMtu(() => mtuLimits(context, this.to))
    this.congestion = new CongestionWindow(this, to.address.includes(':') ? 4344 : 4404)
    this.usedAt = context.now
  }

  /** Largest SCTP packet, bytes. */
  get packetBytes(): number {
    return this.mtu.size
  }

  /** Largest IP packet, bytes, headers included. */
  get mtuBytes(): number {
    return this.mtu.size + headerBytes(this.to)
  }

  /**
   * A chunk that has its TSN cannot be cut again (6.9), and the path may carry less by the time it is repeated: so
   * none is longer than what arrives without a probe. Longer messages are cut so that chunks fill the packets.
   */
  chunkBytesFor(messageBytes: number): number {
    const room = this.packetBytes - COMMON_HEADER_BYTES
    const longest = Math.min(this.packetBytes, this.mtu.base) - COMMON_HEADER_BYTES
    if (messageBytes + DATA_HEADER_BYTES <= longest) return messageBytes
    return ((room / Math.ceil(room / longest)) & ~3) - DATA_HEADER_BYTES
  }

  /** The longest user data of one DATA chunk alone in a packet (PMDCS less its header, RFC 9260 section 1.3). */
  get chunkBytes(): number {
    return this.packetBytes - COMMON_HEADER_BYTES - DATA_HEADER_BYTES
  }
}

/** The peer's addresses; the first one is where the association was set up. */
export class PathSet {
  readonly all: Path[] = []
  #primary: Path | undefined

  add(path: Path): void {
    this.all.push(path)
    this.#primary ??= path
  }

  /** Forgets an address other than the primary one. */
  remove(path: Path): void {
    this.all.splice(this.all.indexOf(path), 1)
  }

  /** Leaves the primary address only, with nothing known of it. */
  reset(context: PathContext): void {
    const { to } = this.primary
    this.#primary = new Path(to, 'active', context)
    this.all.splice(0, this.all.length, this.#primary)
  }

  /** @throws {Error} before the first `add`: an association always has an address */
  get primary(): Path {
    if (!this.#primary) throw new Error('an association without an address')
    return this.#primary
  }

  find(address: string): Path | undefined {
    for (const path of this.all) if (path.to.address === address) return path
    return undefined
  }

  /** The user data of each chunk that a message is cut into (RFC 9260 section 6.9). */
  chunkBytesFor(messageBytes: number): number {
    let least = messageBytes
    for (const path of this.all) least = Math.min(least, path.chunkBytesFor(messageBytes))
    return least
  }

  /** Where new data go: the primary path, or an active one while it is unreachable (6.4, 8.2). */
  get forData(): Path {
    if (this.primary.state === 'active') return this.primary
    return this.all.find((path) => path.state === 'active') ?? this.primary
  }

  /**
   * Where to repeat what was lost on `path`: after a timeout on another active path if there is one
   * (6.4.1), after reports of the loss on the same.
   */
  forRetransmission(path: Path | undefined): Path {
    if (path?.state === 'active' && path.errors === 0) return path
    return this.all.find((other) => other !== path && other.state === 'active') ?? this.forData
  }
}
