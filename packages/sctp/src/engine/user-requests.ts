import type { Association } from '../association/association.ts'
import { AssociationClosedError, SendBufferFullError } from '../association/errors.ts'
import type { OutgoingMessage } from '../transmission/outgoing-chunk.ts'
import type { AssociationTable } from './association-table.ts'

/** What is known of an association (RFC 9260 section 11.1.8, STATUS). */
export interface AssociationStatus {
  state: Association['state']
  outboundStreams: number
  inboundStreams: number
  /** Bytes that the peer has not acknowledged yet, each chunk with its overhead. */
  sendBufferedBytes: number
  peerWindowBytes: number
  /** Bytes the peer may still send us. */
  localWindowBytes: number
  paths: {
    address: string
    port: number
    state: 'unconfirmed' | 'active' | 'inactive'
    primary: boolean
    congestionWindowBytes: number
    inFlightBytes: number
    rtoMillis: number
    smoothedRttMillis: number | undefined
    /** Largest IP packet, bytes, headers included. */
    mtu: number
  }[]
}

/**
 * Takes a message to be sent (RFC 9260 section 11.1.5, SEND). False when the send buffer is full now:
 * wait for `drain`.
 * @throws {AssociationClosedError} when there is no such association, or it is ending or beginning
 * @throws {SendBufferFullError} when the buffer was full before: the message is not taken
 * @throws {RangeError} when the stream does not exist, or the data are empty or too long
 */
export function send(table: AssociationTable, id: number, message: OutgoingMessage): boolean {
  const association = table.byId(id)
  const transfer = association?.transfer
  if (!association || !transfer || association.state !== 'ESTABLISHED') {
    throw new AssociationClosedError(id)
  }
  const { outbound } = transfer
  const { maximumMessageBytes, sendBufferBytes } = association.context.parameters
  checkMessage(message, outbound.streams, maximumMessageBytes)
  if (outbound.bufferedBytes >= sendBufferBytes) {
    association.drainDue = true
    throw new SendBufferFullError(id, outbound.bufferedBytes)
  }
  outbound.enqueue(message, association.paths.chunkBytesFor(message.data.length))
  association.context.markPending(association)
  const room = outbound.bufferedBytes < sendBufferBytes
  if (!room) association.drainDue = true
  return room
}

function checkMessage(message: OutgoingMessage, streams: number, maximumBytes: number): void {
  const { stream = 0, data } = message
  if (!Number.isInteger(stream) || stream < 0 || stream >= streams) {
    throw new RangeError(`stream ${stream}: must be 0 to ${streams - 1}`)
  }
  if (data.length === 0 || data.length > maximumBytes) {
    throw new RangeError(`data of ${data.length} B: must be 1 to ${maximumBytes} B`)
  }
}

/** Keeps messages back, so that the receive window closes (RFC 9260 section 6.2); or no longer. */
export function setPaused(table: AssociationTable, id: number, paused: boolean): void {
  const association = table.byId(id)
  if (!association) return
  association.paused = paused
  const inbound = association.transfer?.inbound
  if (!inbound) return
  if (paused) inbound.deliveryQueue.paused = true
  else inbound.deliveryQueue.resume()
  if (inbound.windowUpdateDue) association.acknowledgement.urgent = true
  association.context.markPending(association)
}

/** The state of an association; undefined when there is none of that number. */
export function statusOf(table: AssociationTable, id: number): AssociationStatus | undefined {
  const association = table.byId(id)
  if (!association) return undefined
  const { state, transfer, paths } = association
  return {
    state,
    outboundStreams: transfer?.outbound.streams ?? 0,
    inboundStreams: transfer?.inbound.streams ?? 0,
    sendBufferedBytes: transfer?.outbound.bufferedBytes ?? 0,
    peerWindowBytes: transfer?.outbound.peerWindow ?? 0,
    localWindowBytes: transfer?.inbound.window ?? 0,
    paths: paths.all.map((path) => ({
      address: path.to.address,
      port: path.to.port,
      state: path.state,
      primary: path === paths.primary,
      congestionWindowBytes: path.congestion.size,
      inFlightBytes: path.flight,
      rtoMillis: path.rto.rto,
      smoothedRttMillis: path.rto.smoothed,
      mtu: path.mtuBytes,
    })),
  }
}
