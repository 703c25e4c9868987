import type { Packet } from '../wire/packet.ts'
import type { Association } from './association.ts'
import type { CookieBinding, CookieJar } from './cookie-jar.ts'
import type { Host } from './host.ts'
import type { TransportAddress } from './transport-address.ts'

/** What the passive side of a handshake needs of the engine, beyond what an association needs. */
export interface ListeningHost extends Host {
  readonly cookies: CookieJar
  /** Where we are, as far as is known: the cookie is bound to it. */
  readonly localAddress: string
  /** Are new associations wanted, and is there room for one more? */
  readonly accepting: boolean
  newTag(): number
  newTsn(): number
  newId(): number
  admit(association: Association): void
  /** Sends chunks that belong to no association. */
  reply(packet: Packet, to: TransportAddress): void
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
export const bindingOf = (
  host: ListeningHost,
  packet: Packet,
  from: TransportAddress,
): CookieBinding => ({
  localAddress: host.localAddress,
  localPort: packet.destinationPort,
  peerAddress: from.address,
  peerUdpPort: from.port,
  peerPort: packet.sourcePort,
})
