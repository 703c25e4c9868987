import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const SOCKETS_AT_ONCE = 100

/**
 * Sends the same datagram once from each of many addresses of 127.0.0.0/8, as a flood with forged sources does.
 *
 * @param sources how many, 16,000,000 at most
 * @param port where the one who is flooded listens, on 127.0.0.1
 */
export async function sendFromManySources(
  sources: number,
  port: number,
  bytes: Uint8Array | string,
): Promise<void> {
  const addresses = loopbackAddresses(sources)
  const worker = async (): Promise<void> => {
    for (const address of addresses) await sendFrom(address, port, bytes)
  }
  await Promise.all(Array.from({ length: SOCKETS_AT_ONCE }, worker))
}

function* loopbackAddresses(count: number): Generator<string> {
  for (let number = 0; number < count; number += 1)
    yield [127, 1 + (number >> 16), (number >> 8) & 255, number & 255].join('.')
}

async function sendFrom(address: string, port: number, bytes: Uint8Array | string): Promise<void> {
  const socket = createSocket('udp4').bind({ address, port: 0, exclusive: true })
  await once(socket, 'listening')
  await new Promise<void>((resolve) => {
    socket.send(bytes, port, '127.0.0.1', () => socket.close(() => resolve()))
  })
}
