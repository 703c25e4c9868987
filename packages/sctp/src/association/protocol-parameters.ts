/** What an endpoint can be told; times in milliseconds. */
export interface ProtocolParameters {
  rtoInitialMillis: number
  rtoMinimumMillis: number
  rtoMaximumMillis: number
  /** Packets that one event may send at once. */
  maximumBurst: number
  /** Retransmissions without an answer after which the peer counts as dead. */
  associationMaximumRetransmissions: number
  /** Retransmissions without an answer after which one of its addresses counts as unreachable. */
  pathMaximumRetransmissions: number
  maximumInitRetransmissions: number
  heartbeatIntervalMillis: number
  cookieLifeMillis: number
  delayedAckMillis: number
  /** Streams asked for towards the peer, 1 to 65,535. */
  outboundStreams: number
  /** Streams the peer may ask for towards us, 1 to 65,535. */
  inboundStreams: number
  /**
   * Bytes held of what the peer sent and the application does not have yet, each chunk with what it costs (some
   * 400 B); what is left is advertised to the peer. One message of `maximumMessageBytes` fits in any case.
   */
  receiveBufferBytes: number
  /** The same over all associations of the endpoint: what is beyond it is taken from the one that holds most. */
  totalReceiveBufferBytes: number
  /** Bytes of messages kept until the peer has acknowledged them, 256 B for each chunk included. */
  sendBufferBytes: number
  /** The longest message sent or reassembled, bytes. */
  maximumMessageBytes: number
  /**
   * Largest IP packet sent, bytes, headers included; where the path MTU is discovered, the most that is
   * looked for. Undefined: what the interface has, up to 9,000; without discovery 1,200, with IPv6 1,280.
   */
  mtu: number | undefined
  /** Associations at once; further ones are refused with ABORT. */
  maximumAssociations: number
}

/** Defaults: RFC 9260 section 16 where it names a value. */
export const DEFAULT_PROTOCOL_PARAMETERS: ProtocolParameters = {
  rtoInitialMillis: 1000,
  rtoMinimumMillis: 1000,
  rtoMaximumMillis: 60_000,
  maximumBurst: 4,
  associationMaximumRetransmissions: 10,
  pathMaximumRetransmissions: 5,
  maximumInitRetransmissions: 8,
  heartbeatIntervalMillis: 30_000,
  cookieLifeMillis: 60_000,
  // Section 6.2: at most 500 ms, 200 ms recommended.
  delayedAckMillis: 200,
  outboundStreams: 16,
  inboundStreams: 2048,
  receiveBufferBytes: 1024 * 1024,
  totalReceiveBufferBytes: 32 * 1024 * 1024,
  sendBufferBytes: 1024 * 1024,
  maximumMessageBytes: 256 * 1024,
  mtu: undefined,
  maximumAssociations: 2000,
}
