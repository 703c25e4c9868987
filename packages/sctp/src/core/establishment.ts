import type { Association } from './association.ts'
import { scheduleHeartbeat } from './heartbeat.ts'
import { Inbound } from './inbound.ts'
import { beginMtuSearch } from './mtu-probing.ts'
import { Outbound } from './outbound.ts'
import { Path } from './path.ts'
import { isUnicast } from './unicast.ts'

/** Addresses kept of one peer: a list of thousands would make us send to all of them. */
const MAXIMUM_ADDRESSES = 8

const NEVER = Number.POSITIVE_INFINITY

/** What the handshake has settled. */
export interface Agreement {
  peerInitialTsn: number
  /** The peer's advertised receiver window credit, bytes. */
  peerWindow: number
  outboundStreams: number
  inboundStreams: number
  /** Further addresses of the peer. */
  addresses: readonly string[]
}

/** Readies an association to move data as agreed (RFC 9260 sections 5.1.1 and 5.1.2). */
export function agree(association: Association, agreement: Agreement): void {
  association.transfer = {
    inbound: newInbound(association, agreement),
    outbound: new Outbound(association.initialTsn, agreement.outboundStreams, agreement.peerWindow),
  }
  association.listedAddresses = agreement.addresses
  for (const address of agreement.addresses) addPath(association, address)
}

/** After a restart the user still gets what was not read before it. */
function newInbound(association: Association, agreement: Agreement): Inbound {
  const { host, id, transfer, paused } = association
  const { peerInitialTsn, inboundStreams } = agreement
  const inbound = new Inbound(id, peerInitialTsn, inboundStreams, host.parameters, (message) => {
    host.deliver(message)
  })
  inbound.unread.paused = paused
  if (transfer) inbound.unread.takeOver(transfer.inbound.unread)
  return inbound
}

/** Addresses other than the one in use must answer a HEARTBEAT first (RFC 9260 section 5.4). */
function addPath({ paths, host }: Association, address: string): void {
  const sameFamily = address.includes(':') === paths.primary.to.address.includes(':')
  if (!sameFamily || !isUnicast(address)) return
  if (paths.find(address) || paths.all.length >= MAXIMUM_ADDRESSES) return
  const to = { ...paths.primary.to, address }
  paths.add(new Path(to, 'unconfirmed', host))
}

/** Enters ESTABLISHED, tells the user (11.2.4), and begins to watch the peer's addresses (8.3). */
export function establish(association: Association, restarted = false): void {
  const { host, transfer, paths } = association
  if (!transfer) return
  association.state = 'ESTABLISHED'
  association.handshakeAt = NEVER
  association.cookie = undefined
  association.errors = 0
  for (const path of paths.all) scheduleHeartbeat(association, path)
  beginMtuSearch(association, paths.primary)
  host.touch(association)
  host.notify({
    type: 'association-up',
    association: association.id,
    peer: paths.primary.to,
    peerPort: association.peerPort,
    outboundStreams: transfer.outbound.streams,
    inboundStreams: transfer.inbound.streams,
    restarted,
  })
}
