import { isIP } from 'node:net'

import { ReceiveBatch, SendBatch } from '@sockyard/posix/datagram'
import { SystemCallError } from '@sockyard/posix/ffi'
import { whenReadable } from '@sockyard/posix/poll'
import { encodeSocketAddress, inetNtop, type NativeSocket } from '@sockyard/posix/socket'

import { addressWords } from '../address/address-words.ts'
import { zoneIndex } from '../address/addresses.ts'
import type { Datagrams, Destination } from './datagrams.ts'
import { type PeerTable, sized } from './peer-table.ts'
import { SpareSockets } from './spare-sockets.ts'
import type { UdpCounters } from './udp-counters.ts'
import type { OnDatagrams, UdpSocket } from './udp-socket.ts'

/** Batches that are handled before the event loop goes on to timers, signals and other sockets. */
const BATCHES_A_TURN = 16
const DATAGRAMS = 64
/** Answers that are copied in, and leave with one call. */
const ANSWERS = 32
const LARGEST_ANSWER_BYTES = 65_535

/** What a `NativeUdpSocket` counts and whom it calls. */
export interface NativeUdpSocketOptions {
  counters: UdpCounters
  /** Where its peers are counted. */
  peers?: PeerTable
  onDatagrams: OnDatagrams
  /** What is longer is truncated; 65,535 by default. */
  maximumDatagramBytes?: number | undefined
  /** How many one call receives at most; 64 by default. */
  datagrams?: number
}

/** A UDP socket over recvmmsg(2) and sendmmsg(2): many datagrams a call, in and out. */
export class NativeUdpSocket implements UdpSocket {
  readonly target: NativeSocket
  readonly local: { address: string; port: number }
  readonly #ipv4: boolean
  readonly #counters: UdpCounters
  readonly #peers: PeerTable | undefined
  readonly #onDatagrams: OnDatagrams
  readonly #received: ReceiveBatch
  readonly #spares: SpareSockets
  readonly #echoes = new SendBatch({ datagrams: DATAGRAMS, wait: false })
  #answers: SendBatch | undefined
  #isHandling = false
  #refusal: string | undefined
  #endWatch = (): void => {}

  /** @param socket bound; this closes it */
  constructor(socket: NativeSocket, options: NativeUdpSocketOptions) {
    const { counters, onDatagrams, datagrams = DATAGRAMS, maximumDatagramBytes } = options
    const local = socket.localAddress()
    if (local === undefined || local.family === 'unix')
      throw new TypeError('not a bound UDP socket')
    this.target = socket
    this.local = { address: inetNtop(local.bytes), port: local.port }
    this.#ipv4 = local.family === 'IPv4'
    this.#spares = new SpareSockets(socket, local)
    this.#counters = counters
    this.#peers = options.peers
    this.#onDatagrams = onDatagrams
    const datagramBytes = maximumDatagramBytes ?? LARGEST_ANSWER_BYTES
    this.#received = new ReceiveBatch({ datagrams, datagramBytes })
  }

  /** Receives whenever the socket is readable. @param onError called with the error of a failed receive */
  watch(onError: (error: SystemCallError) => void): void {
    this.#endWatch = whenReadable(this.target.descriptor, () => this.#receiveAll(onError))
  }

  /** What comes while datagrams are handled is handled too: that costs no turn of the loop. */
  #receiveAll(onError: (error: SystemCallError) => void): void {
    try {
      for (let batch = 0; batch < BATCHES_A_TURN && !this.target.closed; batch += 1)
        if (this.receive(false) === 0) return
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error
      onError(error)
    }
  }

  /**
   * Receives one batch, and has it handled.
   *
   * @param wait for the first datagram, on a socket that is not non-blocking
   * @returns how many datagrams came
   * @throws {SystemCallError} when receiving fails
   */
  receive(wait: boolean): number {
    const received = this.#received
    const count = received.receive(this.target, wait)
    if (count === 0) return 0
    let bytes = 0
    for (let index = 0; index < count; index += 1) bytes += received.length(index)
    this.#counters.countReceived(count, bytes)
    this.#peers?.received(received)
    this.#isHandling = true
    this.#onDatagrams(received, this)
    this.#isHandling = false
    this.#flush()
    return count
  }

  echo(datagrams: Datagrams, index: number): void {
    // Only what this socket received is in its memory.
    if (datagrams === this.#received && this.#isHandling) {
      this.#peers?.answered(datagrams, index, datagrams.length(index))
      this.#echoes.reply(this.#received, index)
    } else this.reply(datagrams, index, datagrams.bytes(index))
  }

  reply(datagrams: Datagrams, index: number, answer: Uint8Array | (() => Uint8Array)): void {
    const port = datagrams.sourcePort(index)
    const bytes = this.#bytes((word) => datagrams.sourceWord(index, word))
    const scope = datagrams.sourceScope(index)
    const knows = datagrams.destinationFamily(index) !== 0
    const source = knows ? this.#bytes((word) => datagrams.destinationWord(index, word)) : undefined
    const counted = sized(answer, (size) => this.#peers?.answered(datagrams, index, size))
    this.#add(counted, { bytes, port, scope }, source)
  }

  send(
    answer: Uint8Array | (() => Uint8Array),
    { address, port, source }: Destination,
  ): string | undefined {
    if (isIP(address) === 0) return this.#drop('EINVAL')
    if (this.#ipv4 && address.includes(':')) return this.#drop('EAFNOSUPPORT')
    const counted = sized(answer, (size) => this.#peers?.sent(address, port, size))
    const words = addressWords(address)
    const bytes = this.#bytes((word) => words[word] ?? 0)
    const from = source === undefined ? undefined : addressWords(source)
    return this.#add(
      counted,
      { bytes, port, scope: zoneIndex(address) },
      from && this.#bytes((word) => from[word] ?? 0),
    )
  }

  /** Receives no more; what the kernel has taken is sent. */
  close(): void {
    this.#endWatch()
    this.#received.close()
    this.#echoes.close()
    this.#answers?.close()
    this.#spares.close()
    this.target.close()
  }

  /** An address as sockets of this family have it. */
  #bytes(wordAt: (word: number) => number): Uint8Array {
    const bytes = new Uint8Array(this.#ipv4 ? 4 : 16)
    const view = new DataView(bytes.buffer)
    if (this.#ipv4) view.setInt32(0, wordAt(3))
    else for (let word = 0; word < 4; word += 1) view.setInt32(word * 4, wordAt(word))
    return bytes
  }

  #add(
    answer: Uint8Array | (() => Uint8Array),
    to: { bytes: Uint8Array; port: number; scope: number },
    source: Uint8Array | undefined,
  ): string | undefined {
    if (to.port === 0) return this.#drop('port-zero')
    if (this.target.closed) return this.#drop('closed')
    const answers = (this.#answers ??= new SendBatch({
      datagrams: ANSWERS,
      datagramBytes: LARGEST_ANSWER_BYTES,
      wait: false,
    }))
    const name = encodeSocketAddress({ family: this.#ipv4 ? 'IPv4' : 'IPv6', ...to })
    const isTimed = typeof answer === 'function'
    if (answers.full || isTimed) this.#flush()
    const bytes = isTimed ? answer() : answer
    if (bytes.byteLength > LARGEST_ANSWER_BYTES) return this.#drop('EMSGSIZE')
    answers.add(bytes, name, source)
    return this.#isHandling && !isTimed ? undefined : this.#flush()
  }

  #drop(reason: string): string {
    this.#counters.countUnsent(reason)
    return reason
  }

  /** @returns why something was not sent */
  #flush(): string | undefined {
    this.#refusal = undefined
    this.#sendAll(this.#echoes)
    if (this.#answers !== undefined) this.#sendAll(this.#answers)
    return this.#refusal
  }

  #sendAll(batch: SendBatch): void {
    if (batch.count === 0) return
    batch.send(this.target, this.#onRefused, this.#onFull)
    this.#counters.countSent(batch.sent, batch.sentBytes)
  }

  /** What waits in the send buffer for one that cannot be reached does not hold up the others. */
  readonly #onFull = (attempt: number): NativeSocket | undefined => this.#spares.next(attempt)

  readonly #onRefused = (code: string, datagrams: number): void => {
    this.#refusal = code
    this.#counters.countUnsent(code, datagrams)
  }
}
