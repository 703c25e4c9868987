import { parseAddress } from '../wire/address.ts'
import { padded } from '../wire/bytes.ts'
import type { InitChunk } from '../wire/chunk.ts'
import { CAUSE_CODE } from '../wire/error-cause.ts'
import type { ErrorCause } from '../wire/error-cause.ts'
import type { Packet } from '../wire/packet.ts'
import { encodeParameter } from '../wire/parameter.ts'
import type { Parameter } from '../wire/parameter.ts'
import type { Association } from './association.ts'
import { initFields } from './handshake.ts'
import { judgeInit } from './init-verdict.ts'
import type { InitVerdict } from './init-verdict.ts'
import { answerTo, bindingOf } from './listening-host.ts'
import type { ListeningHost } from './listening-host.ts'
import { sendStep } from './shutdown.ts'
import type { StateCookie } from './state-cookie.ts'
import type { Route } from './transport-address.ts'

/** What an INIT ACK has room for beside the cookie, in the smallest MTU of IPv6. */
const REPORT_BYTES = 800

type Accepted = Extract<InitVerdict, { kind: 'accept' }>

/**
 * INIT: answered from a cookie's worth of memory, none of it ours (RFC 9260 sections 5.1 B and
 * 5.2.1 to 5.2.2). `existing` is the association with the same peer, if there is one.
 */
export function answerInit(
  host: ListeningHost,
  packet: Packet,
  init: InitChunk,
  from: Route,
  existing: Association | undefined,
): void {
  const verdict = judgeInit(init)
  if (verdict.kind === 'discard') return
  if (verdict.kind === 'abort') return refuse(host, packet, init, from, [verdict.cause])
  if (existing?.state === 'SHUTDOWN-ACK-SENT') return sendStep(existing)
  if (!existing && !host.accepting) return refuse(host, packet, init, from, [])
  const foreign = existing ? newAddresses(existing, verdict.addresses) : []
  if (foreign.length > 0)
    return refuse(host, packet, init, from, [restartWithNewAddresses(foreign)])
  sendInitAck(host, packet, init, from, verdict, existing)
}

function refuse(
  host: ListeningHost,
  packet: Packet,
  init: InitChunk,
  from: Route,
  causes: ErrorCause[],
): void {
  const chunks = [{ kind: 'abort' as const, reflected: false, causes }]
  host.reply(answerTo(packet, init.initiateTag, chunks), from)
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
  host: ListeningHost,
  packet: Packet,
  init: InitChunk,
  from: Route,
  verdict: Accepted,
  existing: Association | undefined,
): void {
  const fields = fieldsFor(host, existing)
  const cookie = cookieFor(host, init, verdict, fields, existing)
  const signed = host.cookies.sign(cookie, bindingOf(packet, from), host.now)
  const parameters: Parameter[] = [
    { kind: 'cookie', cookie: signed },
    ...fitting(verdict.unrecognized).map((parameter) => ({
      kind: 'unrecognized' as const,
      parameter,
    })),
  ]
  const chunk: InitChunk = { ...fields, kind: 'init-ack', parameters }
  host.reply(answerTo(packet, init.initiateTag, [chunk]), from)
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
function fieldsFor(host: ListeningHost, existing: Association | undefined) {
  const { receiveBufferBytes: window, outboundStreams, inboundStreams } = host.parameters
  if (existing && (existing.state === 'COOKIE-WAIT' || existing.state === 'COOKIE-ECHOED')) {
    return initFields(existing)
  }
  const initiateTag = host.newTag()
  return { initiateTag, window, outboundStreams, inboundStreams, initialTsn: host.newTsn() }
}

function cookieFor(
  host: ListeningHost,
  init: InitChunk,
  verdict: Accepted,
  fields: ReturnType<typeof fieldsFor>,
  existing: Association | undefined,
): StateCookie {
  const tied = existing && existing.state !== 'COOKIE-WAIT' ? existing : undefined
  const { cookieLifeMillis } = host.parameters
  return {
    createdAt: Math.floor(host.now),
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
