import type { Association, AssociationContext } from '../association/association.ts'
import type { Route } from '../paths/transport-address.ts'
import type { Packet } from '../wire/packet.ts'
import type { CookieBinding, CookieSigner } from './state-cookie.ts'

/** What the passive side of a handshake needs of the engine, beyond what an association needs. */
export interface ListeningContext extends AssociationContext {
  readonly cookies: CookieSigner
  /** Are new associations wanted, and is there room for one more? */
  readonly accepting: boolean
  newTag(): number
  newTsn(): number
  newId(): number
  add(association: Association): void
  /** Sends chunks that belong to no association. */
  reply(packet: Packet, to: Route): void
}

/** A packet back to where `packet` came from. */
export const replyTo = (
  packet: Packet,
  verificationTag: number,
  chunks: Packet['chunks'],
): Packet => ({
  sourcePort: packet.destinationPort,
  destinationPort: packet.sourcePort,
  verificationTag,
  chunks,
})

/** What a cookie made for the sender of `packet`, or shown by him, is bound to. */
export const cookieBinding = (packet: Packet, from: Route): CookieBinding => ({
  localAddress: from.local,
  localPort: packet.destinationPort,
  peerAddress: from.address,
  peerUdpPort: from.port,
  peerPort: packet.sourcePort,
})
