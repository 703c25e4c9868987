export { describePayload } from './describe-payload.ts'
export { isMulticast, isSourceSpecific } from './groups.ts'
export {
  decodeMulticastDatagram,
  encodeMulticastDatagram,
  MULTICAST_FIELDS,
  multicastKind,
  MULTICAST_HEADER_BYTES,
  type MulticastDatagram,
} from './multicast-datagram.ts'
