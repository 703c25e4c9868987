import type { Association } from '../association/association.ts'
import { sendShutdownChunk } from '../association/shutdown.ts'
import type { Route } from '../paths/transport-address.ts'
import { parseAddress } from '../wire/address.ts'
import { padded } from '../wire/bytes.ts'
import type { InitChunk } from '../wire/chunk.ts'
import { CAUSE_CODE, type ErrorCause } from '../wire/error-cause.ts'
import type { Packet } from '../wire/packet.ts'
import { encodeParameter, type Parameter } from '../wire/parameter.ts'
import { initVerdict, type InitVerdict } from './init-verdict.ts'
import { initFields } from './initiate.ts'
import { replyTo, cookieBinding, type ListeningContext } from './listening-context.ts'
import type { StateCookie } from './state-cookie.ts'

/** What an INIT ACK has room for beside the cookie, in the smallest MTU of IPv6. */
const REPORT_BYTES = 800

type Accepted = Extract<InitVerdict, { kind: 'accept' }>

/**
 * INIT: answered from a cookie's worth of memory, none of it ours (RFC 9260 sections 5.1 B and
 * 5.2.1 to 5.2.2). `existing` is the association with the same peer, if there is one.
 */
export function answerInit(
  context: ListeningContext,
  packet: Packet,
  init: InitChunk,
  from: Route,
  existing: Association | undefined,
): void {
  const verdict = initVerdict(init)
  if (verdict.kind === 'discard') return
  if (verdict.kind === 'abort') return refuse(context, packet, init, from, [verdict.cause])
  if (existing?.state === 'SHUTDOWN-ACK-SENT') return sendShutdownChunk(existing)
  if (!existing && !context.accepting) return refuse(context, packet, init, from, [])
  const foreign = existing ? newAddresses(existing, verdict.addresses) : []
  if (foreign.length > 0)
    return refuse(context, packet, init, from, [restartWithNewAddresses(foreign)])
  sendInitAck(context, packet, init, from, verdict, existing)
}

function refuse(
  context: ListeningContext,
  packet: Packet,
  init: InitChunk,
  from: Route,
  causes: ErrorCause[],
): void {
  const chunks = [{ kind: 'abort' as const, reflected: false, causes }]
  context.reply(replyTo(packet, init.initiateTag, chunks), from)
}

/** A restart may not bring addresses along that the association did not have (5.2.1, 5.2.2). */
const newAddresses = (existing: Association, addresses: readonly string[]): string[] =>
  existing.state === 'COOKIE-WAIT' || existing.state === 'COOKIE-ECHOED'
    ? []
    : addresses.filter(
        (address) => !existing.paths.find(address) && !existing.listedAddresses.includes(address),
      )

const restartWithNewAddresses = (addresses: readonly string[]): ErrorCause => ({
  code: CAUSE_CODE.RESTART_WITH_NEW_ADDRESSES,
  information: Buffer.concat(
    addresses.map((address) => encodeParameter({ kind: 'address', address })),
  ),
})

function sendInitAck(
  context: ListeningContext,
  packet: Packet,
  init: InitChunk,
  from: Route,
  verdict: Accepted,
  existing: Association | undefined,
): void {
  const fields = fieldsFor(context, existing)
  const cookie = cookieFor(context, init, verdict, fields, existing)
  const signed = context.cookies.sign(cookie, cookieBinding(packet, from), context.now)
  const parameters: Parameter[] = [
    { kind: 'cookie', cookie: signed },
    ...fitting(verdict.unrecognized).map((parameter) => ({
      kind: 'unrecognized' as const,
      parameter,
    })),
  ]
  const chunk: InitChunk = { ...fields, kind: 'init-ack', parameters }
  context.reply(replyTo(packet, init.initiateTag, [chunk]), from)
}

/** As many reports as leave the INIT ACK no longer than a packet may be. */
function fitting(unrecognized: readonly Uint8Array[]): Uint8Array[] {
  let room = REPORT_BYTES
  return unrecognized.filter(({ length }) => {
    room -= padded(length + 4)
    return room >= 0
  })
}

/** In a collision our own INIT is repeated; otherwise the tag and the TSN are new (5.2.1, 5.2.2). */
function fieldsFor(context: ListeningContext, existing: Association | undefined) {
  const { receiveBufferBytes: window, outboundStreams, inboundStreams } = context.parameters
  if (existing && (existing.state === 'COOKIE-WAIT' || existing.state === 'COOKIE-ECHOED')) {
    return initFields(existing)
  }
  const initiateTag = context.newTag()
  return { initiateTag, window, outboundStreams, inboundStreams, initialTsn: context.newTsn() }
}

function cookieFor(
  context: ListeningContext,
  init: InitChunk,
  verdict: Accepted,
  fields: ReturnType<typeof fieldsFor>,
  existing: Association | undefined,
): StateCookie {
  const tied = existing && existing.state !== 'COOKIE-WAIT' ? existing : undefined
  const { cookieLifeMillis } = context.parameters
  return {
    createdAt: Math.floor(context.now),
    lifeMillis: cookieLifeMillis + Math.min(verdict.preservative, cookieLifeMillis),
    localTag: fields.initiateTag,
    peerTag: init.initiateTag,
    localTieTag: tied?.localTag ?? 0,
    peerTieTag: tied?.peerTag ?? 0,
    localInitialTsn: fields.initialTsn,
    peerInitialTsn: init.initialTsn,
    peerWindow: init.window,
    outboundStreams: Math.min(fields.outboundStreams, init.inboundStreams),
    inboundStreams: Math.min(fields.inboundStreams, init.outboundStreams),
    addresses: verdict.addresses.filter((address) => parseAddress(address)).slice(0, 8),
  }
}
