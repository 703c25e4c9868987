/** Traffic with one peer: of one TCP connection, or of all datagrams between two sockets. */
export interface PeerTraffic {
  transport: 'tcp' | 'udp' | 'sctp'
  localAddress: string
  localPort: number
  remoteAddress: string
  /** 0 where it is not known. */
  remotePort: number
  /** The multicast group that it was sent to; otherwise null. */
  group: string | null
  receivedBytes: number
  sentBytes: number
  /** Datagrams; null where none are counted. */
  received: number | null
  sent: number | null
  /** When it was noticed first and last, milliseconds since 1970. */
  since: number
  last: number
}

/** A sum of traffic. */
export interface TrafficSum {
  receivedBytes: number
  sentBytes: number
  received: number
  sent: number
}

/** What a server, a receiver or a sender knows of its peers. */
export interface TrafficReport {
  peers: readonly PeerTraffic[]
  /** All traffic, also with peers that are not listed. */
  total: TrafficSum
  memberships: readonly { group: string; interface: string; port: number }[]
}
