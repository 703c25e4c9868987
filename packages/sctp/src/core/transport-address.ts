/** Where a peer is: a numeric IP address in canonical form and its UDP port (RFC 6951). */
export interface TransportAddress {
  address: string
  port: number
}

/**
 * The way between a peer and us: where the peer is, and at which of our own addresses it speaks with
 * us. What is sent to the peer leaves from there: no other would be known to it.
 */
export interface Route extends TransportAddress {
  local: string
}
