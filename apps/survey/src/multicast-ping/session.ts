import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

import { addressBytes, findInterface, type ResolvedAddress, splitZone } from '@sockyard/net/address'
import { sourceAddress } from '@sockyard/net/address'
import { chooseEngine } from '@sockyard/net/engine'
import { NetworkError } from '@sockyard/net/errors'
import { MulticastMembership, sourceText } from '@sockyard/net/multicast'
import { UdpServer, type UdpServerOptions } from '@sockyard/net/udp'
import { isSourceSpecific } from '@sockyard/protocol/multicast'
import {
  decodeMulticastPing,
  encodeMulticastPing,
  MULTICAST_PING_GROUPS,
  type MulticastPingMessage,
} from '@sockyard/protocol/multicast-ping'

/** A server that does not know RFC 6450 says nothing to an Init. */
const INIT_TRIES = 3
const INIT_WAIT_MILLIS = 400
/** Without the option a server sends with that (RFC 6450, section 3.1). */
const USUAL_TTL = 64

/** One reply as it came in. */
export interface PingReply {
  way: 'unicast' | 'multicast'
  /** From 1. */
  sequence: number
  /** Routers it came through: the TTL it was sent with less that on arrival; null where this is not known. */
  hops: number | null
  at: number
}

export interface SessionOptions {
  server: ResolvedAddress
  /** Undefined: the source-specific group of the server's family. */
  group: string | undefined
  /** Where the group is joined; undefined: where the way to the server leaves. */
  interface: string | undefined
  log: UdpServerOptions['log']
  onReply: (reply: PingReply) => void
}

/**
 * The sockets of a Multicast Ping client (RFC 6450): one asks the server and gets its unicast replies, the other is a
 * member of the group and gets the multicast ones, at the same port.
 */
export class MulticastPingSession implements AsyncDisposable {
  readonly group: string
  readonly isSourceSpecific: boolean
  /** 2 (RFC 6450), or 1 of a server such as ssmpingd; known after `agree`. */
  version = 2
  readonly #options: SessionOptions
  readonly #unicast: UdpServer
  readonly #localAddress: string
  readonly #clientId = randomInt(2 ** 32)
  #sessionId: Uint8Array | undefined
  #port = 0
  #membership: MulticastMembership | undefined
  #onResponse: (message: MulticastPingMessage) => void = () => {}

  /** @throws {NetworkError} when there is no way to the server */
  static async open(options: SessionOptions): Promise<MulticastPingSession> {
    const session = new MulticastPingSession(options, await sourceTo(options.server))
    session.#port = (await session.#unicast.start()).port
    return session
  }

  private constructor(options: SessionOptions, localAddress: string) {
    this.#options = options
    this.#localAddress = localAddress
    this.group = options.group ?? MULTICAST_PING_GROUPS[options.server.family]
    this.isSourceSpecific = isSourceSpecific(this.group)
    this.#unicast = new UdpServer({
      port: 0,
      host: localAddress,
      ancillary: ['hopLimit'],
      log: options.log,
      onDatagrams: (datagrams) => {
        for (let index = 0; index < datagrams.count; index += 1) {
          const from = sourceAddress(datagrams, index) ?? ''
          this.#receive('unicast', datagrams.bytes(index), from, datagrams.hopLimit(index))
        }
      },
    })
  }

  /**
   * Asks the server for the group, and learns which version it speaks.
   *
   * @throws {NetworkError} when it does not send to that group
   */
  async agree(signal: AbortSignal): Promise<void> {
    const response = Promise.withResolvers<MulticastPingMessage | undefined>()
    this.#onResponse = response.resolve
    for (let tried = 0; tried < INIT_TRIES; tried += 1) {
      this.#send({ type: 'init', version: 2, wantedGroup: this.group })
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(INIT_WAIT_MILLIS)])
      const expired = once(timeout, 'abort').then(() => undefined)
      const answer = await Promise.race([response.promise, expired])
      signal.throwIfAborted()
      if (answer === undefined) continue
      return this.#accept(answer)
    }
    this.version = 1
  }

  #accept({ version, group, sessionId }: MulticastPingMessage): void {
    const { server } = this.#options
    this.#sessionId = sessionId
    if (version !== 2 || group === undefined)
      throw new NetworkError(`${server.address} does not send to ${this.group}`, {
        errorClass: 'REFUSED',
        host: server.address,
        port: server.port,
      })
  }

  /**
   * Becomes a member of the group, from the server alone where the group is source-specific.
   *
   * @throws {NetworkError} when no interface can join it
   */
  async join(): Promise<void> {
    const { server, log, interface: wanted } = this.#options
    const sources = this.isSourceSpecific ? { sources: [server.address] } : {}
    this.#membership = new MulticastMembership({
      groups: [{ address: this.group, ...sources }],
      interfaces: [wanted ?? findInterface(this.#localAddress).name],
      port: this.#port,
      engine: chooseEngine('auto').engine,
      log,
      onBatch: (received, { interface: name }) => {
        for (let index = 0; index < received.count; index += 1) {
          const from = sourceText(received, index, name)
          this.#receive('multicast', received.bytes(index), from, received.hopLimit(index))
        }
      },
    })
    await this.#membership.start()
    // Tried again later, but what was sent until then would be called lost.
    if (this.#membership.joined.length > 0) return
    throw new NetworkError(`${this.group} cannot be joined on this host`, {
      errorClass: 'OTHER',
      host: this.group,
      port: this.#port,
    })
  }

  async leave(): Promise<void> {
    await this.#membership?.stop()
    this.#membership = undefined
  }

  /** @param sequence from 1 */
  request(sequence: number): void {
    this.#send({
      type: 'echo-request',
      version: this.version,
      sequence,
      clientTimestampMicros: Date.now() * 1_000,
      sessionId: this.#sessionId,
      group: this.#options.group === undefined && this.version === 1 ? undefined : this.group,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave()
    await this.#unicast.stop()
  }

  #send(message: MulticastPingMessage): void {
    const { address, port } = this.#options.server
    const bytes = encodeMulticastPing({ ...message, clientId: this.#clientId })
    for (const socket of this.#unicast.sockets) socket.send(bytes, { address, port })
  }

  #receive(way: PingReply['way'], bytes: Uint8Array, from: string, hopLimit: number): void {
    const at = performance.now()
    const result = decodeMulticastPing(bytes)
    if (!result.ok || !isSameAddress(from, this.#options.server.address)) return
    const { type, clientId, sequence, ttl = USUAL_TTL } = result.value
    if (clientId !== this.#clientId) return
    if (type === 'server-response' && way === 'unicast') this.#onResponse(result.value)
    if (type !== 'echo-reply' || sequence === undefined) return
    this.#options.onReply({ way, sequence, hops: hopLimit < 0 ? null : ttl - hopLimit, at })
  }
}

/** The address of this host that the kernel sends from: a connected datagram socket knows, and sends nothing. */
async function sourceTo({ address, port, family }: ResolvedAddress): Promise<string> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    socket.connect(port, address)
    await once(socket, 'connect')
    return socket.address().address
  } catch (error) {
    throw new NetworkError(`no way to ${address}`, {
      errorClass: 'UNREACHABLE',
      host: address,
      port,
      cause: error,
    })
  } finally {
    socket.close()
  }
}

function isSameAddress(one: string, other: string): boolean {
  const [first, second] = [one, other].map((each) => addressBytes(splitZone(each)[0]))
  return Buffer.compare(Buffer.from(first ?? []), Buffer.from(second ?? [])) === 0
}
