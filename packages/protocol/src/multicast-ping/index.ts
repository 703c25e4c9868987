export { answerMulticastPing, MULTICAST_PING_GROUPS } from './answer.ts'
export {
  decodeMulticastPing,
  encodeMulticastPing,
  MULTICAST_PING_PORT,
  type MulticastPingMessage,
} from './message.ts'
