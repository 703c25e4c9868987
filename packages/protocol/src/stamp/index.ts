export { readTestPacket } from './reflect.ts'
export {
  basePacketBytes,
  decodeReflectorPacket,
  encodeSenderPacketInto,
  type ReflectorPacket,
} from './stamp-packet.ts'
export { readTlvs, type SentTlv, STAMP_TLV, TLV_FLAG, TLV_HEADER_BYTES, writeTlvs } from './tlv.ts'
