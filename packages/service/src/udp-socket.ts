import { type BindOptions, createSocket, type Socket } from 'node:dgram'

/**
 * Takes over a socket that is bound already.
 *
 * @param descriptor more than 2: Node ignores the standard streams here
 */
export async function adoptUdpSocket(descriptor: number, family: 'IPv4' | 'IPv6'): Promise<Socket> {
  const socket = openSocket(family === 'IPv6' ? '::' : '0.0.0.0', false, false)
  await bind(socket, { fd: descriptor })
  return socket
}

/**
 * Binds a socket that sends to numeric addresses only: its lookup hands back what it was given.
 *
 * @param at.host numeric; an IPv6 address gives a dual-stack socket unless `ipv6Only`
 * @throws {Error} Node's own, when it cannot be bound
 */
export async function bindUdpSocket(at: {
  host: string
  port: number
  ipv6Only: boolean
  reuseAddress: boolean
}): Promise<Socket> {
  const socket = openSocket(at.host, at.ipv6Only, at.reuseAddress)
  await bind(socket, { port: at.port, address: at.host })
  return socket
}

function openSocket(host: string, ipv6Only: boolean, reuseAddr: boolean): Socket {
  const type = host.includes(':') ? 'udp6' : 'udp4'
  return createSocket({
    type,
    ipv6Only,
    reuseAddr,
    lookup: (address, _options, callback) => {
      const mapped = type === 'udp6' && !address.includes(':') ? `::ffff:${address}` : address
      callback(null, mapped, type === 'udp6' ? 6 : 4)
    },
  })
}

function bind(socket: Socket, where: BindOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.close()
      reject(error)
    }
    socket.once('error', failed)
    socket.bind(where, () => {
      socket.off('error', failed)
      resolve()
    })
  })
}
