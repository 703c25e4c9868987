import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'

import type { ResolvedAddress } from '@sockyard/net/address'
import { networkError, NetworkError, place } from '@sockyard/net/errors'
import { decodeTime, LONGEST_DAYTIME_BYTES, parseDaytime } from '@sockyard/protocol/daytime'
import type { Parsed } from '@sockyard/protocol/parsed'

import type { ServiceName } from '../server/services.ts'

/** What a server sent, and the local clock before and after: nanoseconds since 1970. */
export interface Answer {
  bytes: Uint8Array
  askedAt: bigint
  answeredAt: bigint
}

/** Servers of others may be a little more talkative; beyond this it is no daytime. */
const LONGEST_ANSWER_BYTES = 4 * LONGEST_DAYTIME_BYTES

/**
 * Asks by a connection: the server answers and closes (RFC 867, RFC 868).
 *
 * @param signal the answer is waited for no longer
 * @throws {NetworkError} when there is no answer
 */
export function askTcp(target: ResolvedAddress, signal: AbortSignal): Promise<Uint8Array> {
  const { address, port } = target
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const chunks: Buffer[] = []
  const socket = connect({ host: address, port })
  const giveUp = (): void => reject(silence(target))
  signal.addEventListener('abort', giveUp, { once: true })
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    if (socket.bytesRead > LONGEST_ANSWER_BYTES) resolve(Buffer.concat(chunks))
  })
  socket.once('end', () => resolve(Buffer.concat(chunks)))
  socket.once('error', (error) => reject(networkError(error, address, port)))
  return promise.finally(() => {
    signal.removeEventListener('abort', giveUp)
    socket.destroy()
  })
}

/**
 * Asks by a datagram of one byte: servers ignore what it holds (RFC 867, RFC 868), and there are networks in which an
 * empty one is lost, as behind Docker's published ports.
 *
 * @param signal the answer is waited for no longer
 * @throws {NetworkError} when there is no answer
 */
export async function askUdp(target: ResolvedAddress, signal: AbortSignal): Promise<Uint8Array> {
  const { address, port, family } = target
  await using socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    socket.connect(port, address)
    await once(socket, 'connect', { signal })
    const answer = once(socket, 'message', { signal })
    socket.send(Uint8Array.of(0), (error) => {
      if (error !== null) socket.emit('error', error)
    })
    const [bytes] = await answer
    return bytes
  } catch (error) {
    throw signal.aborted ? silence(target) : networkError(error, address, port)
  }
}

function silence({ address: host, port }: ResolvedAddress): NetworkError {
  const message = `${place(host, port)}no answer in time`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}

/** What a server said. */
export interface Said {
  /** For a person: its line, or the moment in ISO 8601. */
  text: string
  /** The whole second that it means, nanoseconds since 1970; null when that is not known. */
  nanos: bigint | null
}

/** @param now the local clock, nanoseconds since 1970: it says which era of 136 years is meant (RFC 868) */
export function readAnswer(service: ServiceName, bytes: Uint8Array, now: bigint): Parsed<Said> {
  if (service === 'daytime') return parseDaytime(bytes)
  const decoded = decodeTime(bytes, now)
  if (!decoded.ok) return decoded
  return { ok: true, value: { text: isoOf(decoded.value), nanos: decoded.value } }
}

function isoOf(nanos: bigint): string {
  return Temporal.Instant.fromEpochNanoseconds(nanos).toString()
}
