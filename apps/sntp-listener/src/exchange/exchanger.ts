import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { plausibleStamp } from '@sockyard/net/clock'
import { type NetworkError, networkError } from '@sockyard/net/errors'
import { type ReceiveTime, receiveTimes } from '@sockyard/net/udp'
import { sendTimestamped } from '@sockyard/posix/datagram'
import { NativeCallsMissingError, SystemCallError } from '@sockyard/posix/ffi'
import {
  type Authentication,
  checkReply,
  decodeNtpPacket,
  encodeNtpPacket,
  macOf,
  NTP_MODE,
  type NtpFields,
  type NtpKey,
  type ReplyRefusal,
} from '@sockyard/protocol/ntp'

import { type Reading, readReply } from './reading.ts'

/** What became of one request. */
export type ExchangeResult =
  | { readonly outcome: 'answered'; readonly reading: Reading }
  /** Replies came, and none could be believed. */
  | {
      readonly outcome: 'rejected'
      readonly reason: ReplyRefusal
      readonly reading: Reading | null
    }
  /** The network said that the request did not arrive. */
  | { readonly outcome: 'refused'; readonly error: NetworkError }
  | { readonly outcome: 'silent' }

export interface ExchangeTarget {
  /** Numeric. */
  readonly address: string
  readonly port: number
  /** Requests are signed with it, and replies must be. */
  readonly key?: NtpKey | undefined
}

/** These can be forged; the genuine reply may still arrive. */
const NOT_FINAL: ReadonlySet<ReplyRefusal> = new Set([
  'mode',
  'version',
  'bogus-origin',
  'duplicate',
  'crypto-nak',
  'mac-missing',
  'mac-unknown-key',
  'mac-wrong',
])

interface Pending {
  readonly transmitRaw: bigint
  sentAt: bigint
  readonly settle: (result: ExchangeResult) => void
  /** The last reply that was not believed. */
  refused: ReplyRefusal | undefined
}

/** Asks one server the time, again and again, from a port of its own that only that server can reach. */
export class Exchanger implements Disposable {
  /** Datagrams that are no NTP packets. */
  malformed = 0
  /** Replies to what was answered already, or was never asked. */
  unasked = 0
  readonly #socket: Socket
  readonly #target: ExchangeTarget
  readonly #authentication: Authentication
  readonly #now: () => bigint
  readonly #receiveTime: ReceiveTime
  #pending: Pending | undefined

  private constructor(socket: Socket, target: ExchangeTarget, now: () => bigint) {
    const { key } = target
    this.#socket = socket
    this.#target = target
    this.#now = now
    this.#receiveTime = receiveTimes(socket)
    const keys = new Map(key === undefined ? [] : [[key.id, key] as const])
    this.#authentication = { keys, required: key !== undefined }
    socket.on('message', (bytes) => this.#receive(bytes))
    socket.on('error', (error) => this.#failed(error))
  }

  /**
   * @param now nanoseconds since 1970
   * @throws {NetworkError} when there is no route to the server
   */
  static async open(target: ExchangeTarget, now: () => bigint): Promise<Exchanger> {
    const { address, port } = target
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    try {
      socket.connect(port, address)
      await once(socket, 'connect')
      return new Exchanger(socket, target, now)
    } catch (error) {
      socket.close()
      throw networkError(error, address, port)
    }
  }

  /** Asks once and waits for the answer. One at a time. */
  async ask(waitMillis: number, signal?: AbortSignal): Promise<ExchangeResult> {
    const { promise, resolve } = Promise.withResolvers<ExchangeResult>()
    const request = makeRequest(this.#target.key)
    const pending: Pending = {
      transmitRaw: request.transmitRaw,
      sentAt: 0n,
      settle: resolve,
      refused: undefined,
    }
    this.#pending = pending
    this.#send(() => {
      pending.sentAt = this.#now()
      return request.bytes
    })
    const giveUp = (): void => resolve(unanswered(pending))
    const timer = setTimeout(giveUp, waitMillis)
    signal?.addEventListener('abort', giveUp, { once: true })
    const result = await promise
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
    this.#pending = undefined
    return result
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }

  /** @param request notes the time; the very next system call sends it */
  #send(request: () => Uint8Array): void {
    try {
      const { bytes, isSent } = sendTimestamped(this.#socket, request)
      if (!isSent) this.#sendLater(bytes)
    } catch (error) {
      if (error instanceof NativeCallsMissingError) this.#sendLater(request())
      else if (error instanceof SystemCallError) this.#failed(error)
      else throw error
    }
  }

  #sendLater(bytes: Uint8Array): void {
    this.#socket.send(bytes, (error) => {
      if (error !== null) this.#failed(error)
    })
  }

  #receive(bytes: Uint8Array): void {
    const receivedAt = plausibleStamp(this.#receiveTime())
    const decoded = decodeNtpPacket(bytes, receivedAt)
    if (!decoded.ok) {
      this.malformed += 1
      return
    }
    const pending = this.#pending
    if (pending === undefined) {
      this.unasked += 1
      return
    }
    const packet = decoded.value
    const { transmitRaw, sentAt } = pending
    const checked = checkReply(packet, { transmitRaw, answered: false }, this.#authentication)
    const reading = readReply(packet, sentAt, receivedAt)
    if (checked.verdict === 'refuse') {
      pending.refused = checked.reason
      if (checked.reason === 'bogus-origin') this.unasked += 1
      if (!NOT_FINAL.has(checked.reason))
        pending.settle({ outcome: 'rejected', reason: checked.reason, reading })
    } else if (reading !== null) {
      pending.settle({ outcome: 'answered', reading })
    }
  }

  /** An ICMP error is about the one request that is under way. */
  #failed(error: Error): void {
    const { address, port } = this.#target
    this.#pending?.settle({ outcome: 'refused', error: networkError(error, address, port) })
  }
}

function unanswered({ refused }: Pending): ExchangeResult {
  if (refused === undefined) return { outcome: 'silent' }
  return { outcome: 'rejected', reason: refused, reading: null }
}

/** A precision that means nothing, as draft-ietf-ntp-data-minimization has it. */
const NO_PRECISION = 32

/** A request and the random number in it that its reply has to repeat. */
export interface Request {
  readonly transmitRaw: bigint
  readonly bytes: Uint8Array
}

/**
 * A client's request that discloses nothing about the client: all zero, and a random number where the time would be
 * (draft-ietf-ntp-data-minimization). It can be answered only by a host that has seen it.
 */
export function makeRequest(key: NtpKey | undefined): Request {
  const transmitRaw = randomBytes(8).readBigUInt64BE() || 1n
  const fields: NtpFields = {
    leap: 0,
    version: 4,
    mode: NTP_MODE.client,
    stratum: 0,
    poll: 0,
    precision: NO_PRECISION,
    rootDelayNanos: 0n,
    rootDispersionNanos: 0n,
    referenceIdRaw: 0,
    referenceRaw: 0n,
    originRaw: 0n,
    receiveRaw: 0n,
    transmitRaw,
    extensions: [],
    mac: null,
  }
  const mac = key === undefined ? null : macOf(key, fields)
  return { transmitRaw, bytes: encodeNtpPacket({ ...fields, mac }) }
}
