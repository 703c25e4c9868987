import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const SOCKETS_AT_ONCE = 100
/** So many of 64 B are half of what a receive buffer of 4 MiB holds. */
const AT_ONCE = 5_000

/**
 * Sends the same datagram once from each of many addresses of 127.0.0.0/8, as a flood with forged sources does.
 *
 * @param sources how many, 16,000,000 at most
 * @param port of the flooded server, on 127.0.0.1
 * @param taken resolves when all but a few of the first `sent` were read: on a busy machine they would overflow its
 *   buffer, and that it reads them is what the test is about
 */
export async function sendFromManySources(
  sources: number,
  port: number,
  bytes: Uint8Array | string,
  taken: (sent: number) => Promise<void>,
): Promise<void> {
  for (let sent = 0; sent < sources; sent += AT_ONCE) {
    const addresses = loopbackAddresses(sent, Math.min(sent + AT_ONCE, sources))
    const worker = async (): Promise<void> => {
      for (const address of addresses) await sendFrom(address, port, bytes)
    }
    await Promise.all(Array.from({ length: SOCKETS_AT_ONCE }, worker))
    await taken(sent)
  }
}

function* loopbackAddresses(from: number, to: number): Generator<string> {
  for (let number = from; number < to; number += 1)
    yield [127, 1 + (number >> 16), (number >> 8) & 255, number & 255].join('.')
}

async function sendFrom(address: string, port: number, bytes: Uint8Array | string): Promise<void> {
  const socket = createSocket('udp4').bind({ address, port: 0, exclusive: true })
  await once(socket, 'listening')
  await new Promise<void>((resolve) => {
    socket.send(bytes, port, '127.0.0.1', () => socket.close(() => resolve()))
  })
}
