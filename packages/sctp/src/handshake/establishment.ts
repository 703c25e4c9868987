import type { Association } from '../association/association.ts'
import { beginMtuSearch } from '../association/mtu-probing.ts'
import { scheduleHeartbeat } from '../association/path-supervision.ts'
import { Path } from '../paths/path.ts'
import { isUnicast } from '../paths/transport-address.ts'
import { Inbound } from '../reception/inbound.ts'
import { Outbound } from '../transmission/outbound.ts'

/** Addresses kept of one peer, the first one included: a list of thousands would make us send to all of them. */
const MAXIMUM_ADDRESSES = 4

const NEVER = Number.POSITIVE_INFINITY

/** What the handshake has settled. */
export interface NegotiatedParameters {
  peerInitialTsn: number
  /** The peer's advertised receiver window credit, bytes. */
  peerWindow: number
  outboundStreams: number
  inboundStreams: number
  /** Further addresses of the peer. */
  addresses: readonly string[]
}

/** Readies an association to move data as agreed (RFC 9260 sections 5.1.1 and 5.1.2). */
export function beginTransfer(association: Association, negotiated: NegotiatedParameters): void {
  association.transfer = {
    inbound: newInbound(association, negotiated),
    outbound: new Outbound(
      association.initialTsn,
      negotiated.outboundStreams,
      negotiated.peerWindow,
    ),
  }
  association.listedAddresses = negotiated.addresses
  for (const address of negotiated.addresses) addPath(association, address)
}

/** After a restart the user still gets what was not read before it. */
function newInbound(association: Association, negotiated: NegotiatedParameters): Inbound {
  const { context, id, transfer, paused } = association
  const { peerInitialTsn, inboundStreams } = negotiated
  const inbound = new Inbound({
    association: id,
    peerInitialTsn,
    streams: inboundStreams,
    parameters: context.parameters,
    total: context.receiveTotal,
    deliver: (message) => context.deliver(message),
  })
  inbound.deliveryQueue.paused = paused
  if (transfer) {
    inbound.deliveryQueue.adoptFrom(transfer.inbound.deliveryQueue)
    transfer.inbound.release()
  }
  return inbound
}

/** Addresses other than the one in use must answer a HEARTBEAT first (RFC 9260 section 5.4). */
function addPath({ paths, context }: Association, address: string): void {
  const sameFamily = address.includes(':') === paths.primary.to.address.includes(':')
  if (!sameFamily || !isUnicast(address)) return
  if (paths.find(address) || paths.all.length >= MAXIMUM_ADDRESSES) return
  const to = { ...paths.primary.to, address }
  if (context.refusal(to) !== undefined) return
  paths.add(new Path(to, 'unconfirmed', context))
}

/** Enters ESTABLISHED, tells the user (11.2.4), and begins to watch the peer's addresses (8.3). */
export function establish(association: Association, restarted = false): void {
  const { context, transfer, paths } = association
  if (!transfer) return
  association.state = 'ESTABLISHED'
  association.handshakeAt = NEVER
  association.cookie = undefined
  association.errors = 0
  for (const path of paths.all) scheduleHeartbeat(association, path)
  beginMtuSearch(association, paths.primary)
  context.markPending(association)
  context.notify({
    type: 'association-up',
    association: association.id,
    peer: paths.primary.to,
    peerPort: association.peerPort,
    outboundStreams: transfer.outbound.streams,
    inboundStreams: transfer.inbound.streams,
    restarted,
  })
}
