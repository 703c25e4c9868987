import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

import { LONGEST_DAYTIME_BYTES } from '@sockyard/protocol/daytime'
import { networkError, NetworkError, place } from '@sockyard/service/errors'
import type { ResolvedAddress } from '@sockyard/service/resolve'

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
 * Asks by an empty datagram.
 *
 * @param signal the answer is waited for no longer
 * @throws {NetworkError} when there is no answer
 */
export function askUdp(target: ResolvedAddress, signal: AbortSignal): Promise<Uint8Array> {
  const { address, port, family } = target
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  const failed = (error: Error): void => reject(networkError(error, address, port))
  const giveUp = (): void => reject(silence(target))
  signal.addEventListener('abort', giveUp, { once: true })
  socket.on('message', resolve)
  socket.on('error', failed)
  socket.connect(port, address, () =>
    socket.send(new Uint8Array(0), (error) => {
      if (error !== null) failed(error)
    }),
  )
  return promise.finally(() => {
    signal.removeEventListener('abort', giveUp)
    socket.close()
  })
}

function silence({ address: host, port }: ResolvedAddress): NetworkError {
  const message = `${place(host, port)}no answer in time`
  return new NetworkError(message, { errorClass: 'TIMEOUT', host, port })
}
