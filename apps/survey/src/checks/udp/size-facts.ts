import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import type { ResolvedAddress } from '@sockyard/net/address'
import { setPathOptions } from '@sockyard/net/connect'
import { decodeReflectorPacket } from '@sockyard/protocol/stamp'

import { paddedTestPacket, SMALLEST_PADDED_BYTES } from './test-packet.ts'

/** Which sizes of UDP payload a reflector answers. */
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
/** Longer than a busy host takes, and shorter than a user waits. */
const ATTEMPT_MILLIS = 500
const HEADER_BYTES = { 4: 28, 6: 48 }

/** `told`: the kernel has sent it at first, and refuses it since an ICMP message came. */
type Outcome = 'answered' | 'vanished' | 'told' | 'too-long'

/**
 * Searches the largest packet that comes through whole (as RFC 8899 does, by packets that are answered or not), and
 * tries longer ones in fragments. Rejects when it is aborted.
 */
export async function sizeFacts(target: ResolvedAddress, signal: AbortSignal): Promise<SizeFacts> {
  const { address, port, family } = target
  await using forbidding = await SizeProbe.open(target, true, signal)
  const whole = await searchLargest(forbidding, SMALLEST_PADDED_BYTES)
  await using allowing = await SizeProbe.open(target, false, signal)
  const fragmented = []
  for (const bytes of FRAGMENTED_BYTES.filter((each) => each > whole.largestWholeBytes))
    fragmented.push({ bytes, answered: (await allowing.ask(bytes)) === 'answered' })
  return { address, port, headerBytes: HEADER_BYTES[family], ...whole, fragmented }
}

/** @param answered a size that is */
async function searchLargest(
  probe: SizeProbe,
  answered: number,
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
  if (again === 'answered') return searchLargest(probe, tooLong)
  const isTold = outcomes.has('told') || again === 'told'
  return { largestWholeBytes: whole, vanished: again === 'vanished', isTold }
}

/** A socket that sends test packets of one size after the other. */
class SizeProbe implements AsyncDisposable {
  readonly #socket: Socket
  readonly #target: ResolvedAddress
  readonly #signal: AbortSignal
  readonly #sessionId = randomInt(1, 0x1_0000)
  #sequence = 0

  private constructor(socket: Socket, target: ResolvedAddress, signal: AbortSignal) {
    this.#socket = socket
    this.#target = target
    this.#signal = signal
  }

  static async open(target: ResolvedAddress, df: boolean, signal: AbortSignal): Promise<SizeProbe> {
    const socket = createSocket(target.family === 6 ? 'udp6' : 'udp4')
    // An ICMP error is no answer; what is not answered is counted.
    socket.on('error', () => {})
    socket.bind(0)
    await once(socket, 'listening', { signal })
    setPathOptions(socket, target.family, { df })
    return new SizeProbe(socket, target, signal)
  }

  async ask(bytes: number): Promise<Outcome> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const sequence = this.#sequence
      this.#sequence += 1
      const answered = this.#answerTo(sequence, bytes)
      const isSent = await this.#send(paddedTestPacket(sequence, this.#sessionId, bytes))
      if (!isSent) return attempt === 0 ? 'too-long' : 'told'
      if (await answered) return 'answered'
      this.#signal.throwIfAborted()
    }
    return 'vanished'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
  }

  /** Whether the answer comes, whole, in time. */
  async #answerTo(sequence: number, bytes: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const take = (message: Buffer): void => {
      const decoded = decodeReflectorPacket(message)
      const isOurs = decoded.ok && decoded.value.sessionId === this.#sessionId
      if (isOurs && decoded.value.sender.sequence === sequence) resolve(message.length === bytes)
    }
    const giveUp = (): void => resolve(false)
    const timer = setTimeout(giveUp, ATTEMPT_MILLIS)
    this.#signal.addEventListener('abort', giveUp, { once: true })
    this.#socket.on('message', take)
    const isAnswered = await promise
    clearTimeout(timer)
    this.#signal.removeEventListener('abort', giveUp)
    this.#socket.off('message', take)
    return isAnswered
  }

  /** @returns false when the kernel has not sent it */
  async #send(bytes: Uint8Array): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const { port, address } = this.#target
    this.#socket.send(bytes, port, address, (error) => resolve(error === null))
    return promise
  }
}
