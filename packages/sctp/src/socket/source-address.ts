import { createSocket } from 'node:dgram'
import { isIP } from 'node:net'

/** Connecting a datagram socket sends nothing: any port will do. */
const DISCARD_PORT = 9

/**
 * Our address that packets to `host` leave from: what routing says (connect(2) and getsockname(2)).
 * @throws {TypeError} when the host is not a numeric address
 * @throws {Error} of node:dgram, with `code`, when there is no route: ENETUNREACH, EHOSTUNREACH …
 */
export async function sourceAddress(host: string): Promise<string> {
  const family = isIP(host)
  if (family === 0) throw new TypeError(`not a numeric address: ${host}`)
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', resolve)
      socket.connect(DISCARD_PORT, host)
    })
    return socket.address().address
  } finally {
    socket.close()
  }
}
