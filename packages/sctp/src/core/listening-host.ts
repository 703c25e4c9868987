import type { Packet } from '../wire/packet.ts'
import type { Association } from './association.ts'
import type { CookieBinding, CookieJar } from './cookie-jar.ts'
import type { Host } from './host.ts'
import type { Route } from './transport-address.ts'

/** What the passive side of a handshake needs of the engine, beyond what an association needs. */
export interface ListeningHost extends Host {
  readonly cookies: CookieJar
  /** Are new associations wanted, and is there room for one more? */
  readonly accepting: boolean
  newTag(): number
  newTsn(): number
  newId(): number
  admit(association: Association): void
  /** Sends chunks that belong to no association. */
  reply(packet: Packet, to: Route): void
}

/** A packet back to where `packet` came from. */
export const answerTo = (
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
export const bindingOf = (packet: Packet, from: Route): CookieBinding => ({
  localAddress: from.local,
  localPort: packet.destinationPort,
  peerAddress: from.address,
  peerUdpPort: from.port,
  peerPort: packet.sourcePort,
})
