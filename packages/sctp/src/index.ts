/**
 * SCTP (RFC 9260) in UDP (RFC 6951), in the two styles of RFC 6458: one-to-many (`Endpoint`) and one-to-one
 * (`connect`, `Connection`, `Listener`).
 */
export {
  AbortedError,
  AssociationClosedError,
  AssociationError,
  PeerAbortedError,
  PeerUnreachableError,
  SendBufferFullError,
} from './association/errors.ts'
export type { Message, Notification } from './association/notification.ts'
export type { ProtocolParameters } from './association/protocol-parameters.ts'
export type { AssociationStatus } from './engine/user-requests.ts'
export { Connection } from './socket/connection.ts'
export { Endpoint, type EndpointOptions, type Peer } from './socket/endpoint.ts'
export { connect, Listener, type ConnectOptions } from './socket/listener.ts'
export { sourceAddress } from './socket/local-addresses.ts'
export type { OutgoingMessage } from './transmission/outgoing-chunk.ts'
export { describeCauses, type ErrorCause } from './wire/error-cause.ts'
export { encodePacket } from './wire/packet.ts'
