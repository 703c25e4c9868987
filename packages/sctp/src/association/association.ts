import { PathSet, type Path, type PathContext } from '../paths/path.ts'
import type { Route, TransportAddress } from '../paths/transport-address.ts'
import { Acknowledgement } from '../reception/acknowledgement.ts'
import type { Inbound } from '../reception/inbound.ts'
import type { ReceiveTotal } from '../reception/received-data.ts'
import type { Outbound } from '../transmission/outbound.ts'
import type { Chunk } from '../wire/chunk.ts'
import { encodePacket } from '../wire/packet.ts'
import type { Message, Notification } from './notification.ts'

/** The states of RFC 9260 section 4. */
export type AssociationState =
  | 'CLOSED'
  | 'COOKIE-WAIT'
  | 'COOKIE-ECHOED'
  | 'ESTABLISHED'
  | 'SHUTDOWN-PENDING'
  | 'SHUTDOWN-SENT'
  | 'SHUTDOWN-RECEIVED'
  | 'SHUTDOWN-ACK-SENT'

/** What the two sides have agreed on once INIT and INIT ACK are exchanged. */
export interface Transfer {
  inbound: Inbound
  outbound: Outbound
}

const NEVER = Number.POSITIVE_INFINITY

/**
 * The transmission control block of one association (RFC 9260 section 14.2): what is known and
 * counted. What is done with it is in the functions beside this file, one file for each concern.
 */
export class Association {
  readonly id: number
  readonly context: AssociationContext
  readonly peerPort: number
  readonly paths: PathSet
  state: AssociationState = 'CLOSED'
  /** It has ended: whatever is still under way for it comes to nothing. */
  ended = false
  localTag: number
  /** 0 until the peer has told it. */
  peerTag = 0
  /** Our first TSN, as our INIT or INIT ACK said. */
  initialTsn: number
  transfer: Transfer | undefined
  /** The user wants no messages for now. */
  paused = false
  /** What the peer's INIT or INIT ACK listed. */
  listedAddresses: readonly string[] = []
  acknowledgement: Acknowledgement
  /** Consecutive retransmissions to all addresses without an answer (8.1). */
  errors = 0
  /** T1-init and T1-cookie (5.1). */
  handshakeAt = NEVER
  handshakeAttempts = 0
  /** The cookie to repeat while COOKIE-ECHOED. */
  cookie: Uint8Array | undefined
  /** Cookie life asked for after a stale cookie, milliseconds beyond the default (5.2.6). */
  cookiePreservative = 0
  /** T2-shutdown (9.2). */
  shutdownAt = NEVER
  /** T5-shutdown-guard (9.2). */
  guardAt = NEVER
  /** The send buffer was full: say when it has room again. */
  drainDue = false
  /** When the engine will look at the timers at the latest. */
  scheduledAt = NEVER

  constructor(
    context: AssociationContext,
    id: number,
    peerPort: number,
    localTag: number,
    initialTsn: number,
  ) {
    this.context = context
    this.id = id
    this.peerPort = peerPort
    this.localTag = localTag
    this.initialTsn = initialTsn
    this.paths = new PathSet()
    this.acknowledgement = new Acknowledgement(context.parameters.delayedAckMillis)
  }

  /** Forgets what was counted and planned, and takes new tags: the peer restarted (5.2.4 A). */
  begin(localTag: number, peerTag: number, initialTsn: number): void {
    this.localTag = localTag
    this.peerTag = peerTag
    this.initialTsn = initialTsn
    this.acknowledgement = new Acknowledgement(this.context.parameters.delayedAckMillis)
    this.handshakeAt = NEVER
    this.shutdownAt = NEVER
    this.guardAt = NEVER
  }

  /** Sends control chunks at once in a packet of their own. */
  sendControl(chunks: Chunk[], path: Path = this.paths.primary): void {
    const packet = encodePacket({ ...this.header, chunks })
    this.transmit(packet, path)
  }

  /** Hands a packet out; only one that is longer than the path carries may be fragmented by IP (6.9). */
  transmit(packet: Uint8Array, path: Path): void {
    if (this.ended) return
    const how = packet.length > path.packetBytes ? 'in-fragments' : 'whole'
    this.context.transmit(packet, path.to, how)
  }

  get header(): { sourcePort: number; destinationPort: number; verificationTag: number } {
    return {
      sourcePort: this.context.localPort,
      destinationPort: this.peerPort,
      verificationTag: this.peerTag,
    }
  }

  /** When the earliest of all timers runs out. */
  get deadline(): number {
    let earliest = Math.min(
      this.handshakeAt,
      this.shutdownAt,
      this.guardAt,
      this.acknowledgement.dueAt,
    )
    for (const path of this.paths.all) {
      earliest = Math.min(earliest, path.retransmitAt, path.heartbeatAt, path.mtu.at)
    }
    return earliest
  }
}

/** What goes out of the engine: packets and events. */
export interface Transport {
  /**
   * A whole SCTP packet, to be put into one UDP datagram that leaves from `to.local`. IP may fragment it
   * when it is `in-fragments`, longer than the path is known to carry, but must not when it is `whole`.
   */
  transmit(packet: Uint8Array, to: Route, how: 'whole' | 'in-fragments'): void
  /** A message has arrived. */
  deliver(message: Message): void
  notify(notification: Notification): void
}

/** What an association needs of the engine that holds it. */
export interface AssociationContext extends Transport, PathContext {
  readonly localPort: number
  /** Why a datagram from there would not be looked at; nothing is sent there unasked. */
  refusal(from: TransportAddress): string | undefined
  /** What is held of received data, over all associations. */
  readonly receiveTotal: ReceiveTotal
  /** Unpredictable bytes. */
  random(size: number): Uint8Array
  /** The association has something to send: `flush` will visit it. */
  markPending(association: Association): void
  /** The association has ended: forget it. */
  remove(association: Association): void
  /** The association is now to be found by another tag, or another address. */
  reindex(association: Association, change: () => void): void
}
