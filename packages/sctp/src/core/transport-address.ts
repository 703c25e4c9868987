/** Where a peer is: a numeric IP address in canonical form and its UDP port (RFC 6951). */
export interface TransportAddress {
  address: string
  port: number
}
