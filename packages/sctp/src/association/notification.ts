import type { TransportAddress } from '../paths/transport-address.ts'
import type { ErrorCause } from '../wire/error-cause.ts'
import type { AssociationError } from './errors.ts'

/** A whole user message as it arrived (RFC 9260 section 11.1.7, RECEIVE). */
export interface Message {
  /** The association's number at this endpoint. */
  association: number
  stream: number
  /** Stream sequence number; 0 when `unordered`. */
  sequence: number
  /** TSN of its first fragment. */
  tsn: number
  protocolId: number
  unordered: boolean
  data: Uint8Array
}

/**
 * What an endpoint tells its user besides messages (RFC 9260 section 11.2).
 * - `association-up`: communication up (11.2.4); `restarted` when the peer had lost its state (11.2.7)
 * - `association-lost`: communication lost, or never established (11.2.5)
 * - `shutdown`: the peer wants to end; nothing more can be sent
 * - `shutdown-complete`: both have ended and nothing was lost (11.2.8)
 * - `peer-address`: a network status change (11.2.3)
 * - `path-mtu`: the largest packet that the way to the peer carries, when it is found, and when it has changed
 * - `remote-error`: ERROR chunks came in one packet (11.2.6)
 * - `send-failed`: a message that the peer has not acknowledged whole, and never will (11.2.2)
 * - `drain`: the send buffer has room again
 */
export type Notification =
  | {
      type: 'association-up'
      association: number
      peer: TransportAddress
      /** The peer's SCTP port. */
      peerPort: number
      outboundStreams: number
      inboundStreams: number
      restarted: boolean
    }
  | { type: 'association-lost'; association: number; error: AssociationError }
  | { type: 'shutdown'; association: number }
  | { type: 'shutdown-complete'; association: number }
  | {
      type: 'peer-address'
      association: number
      peer: TransportAddress
      state: 'confirmed' | 'available' | 'unreachable' | 'port-changed'
    }
  /** `mtu`: bytes, IP and UDP headers included. */
  | { type: 'path-mtu'; association: number; peer: TransportAddress; mtu: number }
  | { type: 'remote-error'; association: number; causes: ErrorCause[] }
  | {
      type: 'send-failed'
      association: number
      stream: number
      protocolId: number
      unordered: boolean
      data: Uint8Array
      /** Was it on the wire, at least in part? Then the peer may have it all the same. */
      sent: boolean
    }
  | { type: 'drain'; association: number }
