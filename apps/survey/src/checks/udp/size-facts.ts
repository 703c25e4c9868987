import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import type { ResolvedAddress } from '@sockyard/net/address'
import { setPathOptions } from '@sockyard/net/connect'

/** What is sent in each size, and how an answer is known. */
export interface SizeFormat {
  readonly smallestBytes: number
  /** @param bytes how long it is, `smallestBytes` at least */
  encode(sequence: number, bytes: number): Uint8Array
  /** Of the packet that is answered; undefined where it is none of ours. */
  sequenceOf(answer: Buffer): number | undefined
}

/** Which sizes of UDP payload are answered. */
export interface SizeFacts {
  address: string
  port: number
  /** UDP payload, and what IP and UDP put before it. */
  headerBytes: number
  /** The largest that is answered with fragmentation forbidden. */
  largestWholeBytes: number
  /** Whether longer ones were sent and vanished, with no ICMP message that told of it. */
  vanished: boolean
  /** Whether an ICMP message told that one was too long (RFC 1191, RFC 8201). */
  isTold: boolean
  /** With fragmentation allowed, those that do not fit in one packet. */
  fragmented: { bytes: number; answered: boolean }[]
}

const LARGEST_BYTES = 65_507
const FRAGMENTED_BYTES = [2_000, 8_000, 32_000, LARGEST_BYTES]
const ATTEMPTS = 3
/** A peer that answers what it did not answer before would otherwise be asked without an end. */
const SEARCHES = 3
/** Longer than a busy host takes, and shorter than a user waits. */
const ATTEMPT_MILLIS = 500
const HEADER_BYTES = { 4: 28, 6: 48 }

/** `told`: the kernel has sent it at first, and refuses it since an ICMP message came. */
type Outcome = 'answered' | 'vanished' | 'told' | 'too-long'

/**
 * Searches the largest packet that comes through whole (as RFC 8899 does, by packets that are answered or not), and
 * tries longer ones in fragments. Rejects when it is aborted.
 */
export async function sizeFacts(
  target: ResolvedAddress,
  format: SizeFormat,
  signal: AbortSignal,
): Promise<SizeFacts> {
  const { address, port, family } = target
  const options = { target, format, signal }
  await using forbidding = await SizeProbe.open({ ...options, df: true })
  const whole = await searchLargest(forbidding, format.smallestBytes)
  await using allowing = await SizeProbe.open({ ...options, df: false })
  const fragmented = []
  for (const bytes of FRAGMENTED_BYTES.filter((each) => each > whole.largestWholeBytes))
    fragmented.push({ bytes, answered: (await allowing.ask(bytes)) === 'answered' })
  return { address, port, headerBytes: HEADER_BYTES[family], ...whole, fragmented }
}

/** @param answered a size that is */
async function searchLargest(
  probe: SizeProbe,
  answered: number,
  searches = SEARCHES,
): Promise<Pick<SizeFacts, 'largestWholeBytes' | 'vanished' | 'isTold'>> {
  const outcomes = new Set<Outcome>()
  let [whole, tooLong] = [answered, LARGEST_BYTES + 1]
  while (tooLong - whole > 1) {
    const bytes = Math.floor((whole + tooLong) / 2)
    const outcome = await probe.ask(bytes)
    outcomes.add(outcome)
    if (outcome === 'answered') whole = bytes
    else tooLong = bytes
  }
  // Some are lost that are not too long: what only seemed to be is asked again.
  const again = tooLong <= LARGEST_BYTES ? await probe.ask(tooLong) : 'too-long'
  if (again === 'answered' && searches > 1) return searchLargest(probe, tooLong, searches - 1)
  const isTold = outcomes.has('told') || again === 'told'
  return { largestWholeBytes: whole, vanished: again === 'vanished', isTold }
}

interface SizeProbeOptions {
  target: ResolvedAddress
  format: SizeFormat
  /** Whether fragmentation is forbidden. */
  df: boolean
  signal: AbortSignal
}

/** A socket that sends packets of one size after the other. */
class SizeProbe implements AsyncDisposable {
  readonly #socket: Socket
  readonly #options: SizeProbeOptions
  #sequence = 0

  private constructor(socket: Socket, options: SizeProbeOptions) {
    this.#socket = socket
    this.#options = options
  }

  static async open(options: SizeProbeOptions): Promise<SizeProbe> {
    const { target, df, signal } = options
    const socket = createSocket(target.family === 6 ? 'udp6' : 'udp4')
    // An ICMP error is no answer; what is not answered is counted.
    socket.on('error', () => {})
    socket.bind(0)
    await once(socket, 'listening', { signal })
    setPathOptions(socket, target.family, { df })
    return new SizeProbe(socket, options)
  }

  async ask(bytes: number): Promise<Outcome> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const sequence = this.#sequence
      this.#sequence += 1
      const notSent = new AbortController()
      const answered = this.#answerTo(sequence, bytes, notSent.signal)
      const isSent = await this.#send(this.#options.format.encode(sequence, bytes))
      if (!isSent) {
        notSent.abort()
        return attempt === 0 ? 'too-long' : 'told'
      }
      if (await answered) return 'answered'
      this.#options.signal.throwIfAborted()
    }
    return 'vanished'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
  }

  /** Whether the answer comes, whole, in time. */
  async #answerTo(sequence: number, bytes: number, notSent: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const { format, signal } = this.#options
    const take = (message: Buffer): void => {
      if (format.sequenceOf(message) === sequence) resolve(message.length === bytes)
    }
    const timeout = AbortSignal.timeout(ATTEMPT_MILLIS)
    const waiting = AbortSignal.any([signal, notSent, timeout])
    waiting.addEventListener('abort', () => resolve(false), { once: true })
    this.#socket.on('message', take)
    const isAnswered = await promise
    this.#socket.off('message', take)
    return isAnswered
  }

  /** @returns false when the kernel has not sent it */
  async #send(bytes: Uint8Array): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const { port, address } = this.#options.target
    this.#socket.send(bytes, port, address, (error) => resolve(error === null))
    return promise
  }
}
