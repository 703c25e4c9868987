import { parseAddress } from '../wire/address.ts'
import type { CookieEchoChunk, InitChunk } from '../wire/chunk.ts'
import { CAUSE_CODE, staleCookie } from '../wire/error-cause.ts'
import type { ErrorCause } from '../wire/error-cause.ts'
import type { Packet } from '../wire/packet.ts'
import { encodeParameter } from '../wire/parameter.ts'
import type { Parameter } from '../wire/parameter.ts'
import { Association } from './association.ts'
import { judgeCollision } from './collision.ts'
import type { CookieBinding, CookieJar } from './cookie-jar.ts'
import { agree, establish } from './establishment.ts'
import { failedMessages } from './failed-messages.ts'
import { initFields } from './handshake.ts'
import type { Host } from './host.ts'
import { judgeInit } from './init-verdict.ts'
import type { InitVerdict } from './init-verdict.ts'
import { Path } from './path.ts'
import { sendStep } from './shutdown.ts'
import type { StateCookie } from './state-cookie.ts'
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

type Accepted = Extract<InitVerdict, { kind: 'accept' }>

/**
 * INIT: answered from a cookie's worth of memory, none of it ours (RFC 9260 sections 5.1 B and
 * 5.2.1 to 5.2.2). `existing` is the association with the same peer, if there is one.
 */
export function answerInit(
  host: ListeningHost,
  packet: Packet,
  init: InitChunk,
  from: TransportAddress,
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
  from: TransportAddress,
  causes: ErrorCause[],
): void {
  const chunks = [{ kind: 'abort' as const, reflected: false, causes }]
  host.reply(answerTo(packet, init.initiateTag, chunks), from)
}

const answerTo = (packet: Packet, verificationTag: number, chunks: Packet['chunks']): Packet => ({
  sourcePort: packet.destinationPort,
  destinationPort: packet.sourcePort,
  verificationTag,
  chunks,
})

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
  from: TransportAddress,
  verdict: Accepted,
  existing: Association | undefined,
): void {
  const fields = fieldsFor(host, existing)
  const cookie = cookieFor(host, init, verdict, fields, existing)
  const signed = host.cookies.sign(cookie, bindingOf(host, packet, from), host.now)
  const parameters: Parameter[] = [
    { kind: 'cookie', cookie: signed },
    ...verdict.unrecognized.map((parameter) => ({ kind: 'unrecognized' as const, parameter })),
  ]
  const chunk: InitChunk = { ...fields, kind: 'init-ack', parameters }
  host.reply(answerTo(packet, init.initiateTag, [chunk]), from)
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

const bindingOf = (host: ListeningHost, packet: Packet, from: TransportAddress): CookieBinding => ({
  localAddress: host.localAddress,
  localPort: packet.destinationPort,
  peerAddress: from.address,
  peerUdpPort: from.port,
  peerPort: packet.sourcePort,
})

/**
 * COOKIE ECHO: the first packet that costs us memory, and only if the cookie is ours, for this peer,
 * and fresh (RFC 9260 sections 5.1 D, 5.1.5 and 5.2.4). The association that the rest of the packet
 * belongs to, if there is one now.
 */
export function acceptCookie(
  host: ListeningHost,
  packet: Packet,
  { cookie: signed }: CookieEchoChunk,
  from: TransportAddress,
  existing: Association | undefined,
): Association | undefined {
  const opened = host.cookies.open(signed, bindingOf(host, packet, from), host.now)
  if (!opened.ok || opened.value.localTag !== packet.verificationTag) return undefined
  const cookie = opened.value
  const verdict = existing && judgeCollision(cookie, existing)
  const late = host.now - cookie.createdAt - cookie.lifeMillis
  if (late > 0 && verdict !== 'confirm') {
    const error = { kind: 'error' as const, causes: [staleCookie(Math.ceil(late * 1000))] }
    host.reply(answerTo(packet, cookie.peerTag, [error]), from)
    return undefined
  }
  if (!existing) return host.accepting ? accept(host, packet, cookie, from) : undefined
  switch (verdict) {
    case 'confirm':
      return confirm(existing)
    case 'adopt':
      return adopt(existing, cookie)
    case 'restart':
      return restart(host, packet, existing, cookie, from)
    case 'discard':
    case undefined:
      break
  }
  return undefined
}

function accept(
  host: ListeningHost,
  packet: Packet,
  cookie: StateCookie,
  from: TransportAddress,
): Association {
  const { localTag, localInitialTsn } = cookie
  const association = new Association(
    host,
    host.newId(),
    packet.sourcePort,
    localTag,
    localInitialTsn,
  )
  association.peerTag = cookie.peerTag
  association.paths.add(new Path(from, 'active', host.parameters, host.now))
  host.admit(association)
  agree(association, cookie)
  return established(association)
}

function established(association: Association, restarted = false): Association {
  association.sendControl([{ kind: 'cookie-ack' }])
  establish(association, restarted)
  return association
}

/** Action D: the cookie is this association's own. */
function confirm(association: Association): Association {
  if (association.state === 'COOKIE-ECHOED') return established(association)
  if (association.state !== 'COOKIE-WAIT') association.sendControl([{ kind: 'cookie-ack' }])
  return association
}

/** Action B: both sides began at once; what the peer's newer INIT said holds. */
function adopt(association: Association, cookie: StateCookie): Association {
  const { state } = association
  association.peerTag = cookie.peerTag
  if (state !== 'COOKIE-WAIT' && state !== 'COOKIE-ECHOED') return confirm(association)
  agree(association, cookie)
  return established(association)
}

/** Action A: the peer begins anew; what was on its way to its former self is lost. */
function restart(
  host: ListeningHost,
  packet: Packet,
  association: Association,
  cookie: StateCookie,
  from: TransportAddress,
): Association | undefined {
  if (association.state === 'SHUTDOWN-ACK-SENT') {
    sendStep(association)
    const cause = {
      code: CAUSE_CODE.COOKIE_RECEIVED_WHILE_SHUTTING_DOWN,
      information: new Uint8Array(0),
    }
    host.reply(answerTo(packet, cookie.peerTag, [{ kind: 'error', causes: [cause] }]), from)
    return undefined
  }
  for (const failed of failedMessages(association)) host.notify(failed)
  host.relocate(association, () => {
    association.begin(cookie.localTag, cookie.peerTag, cookie.localInitialTsn)
    association.paths.reset(host.parameters, host.now)
  })
  agree(association, cookie)
  return established(association, true)
}
