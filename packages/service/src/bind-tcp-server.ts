import type { AddressInfo, Server } from 'node:net'

const BACKLOG = 1_024

/**
 * Binds and listens (bind(2), listen(2)).
 *
 * @param at.host numeric
 * @param onAcceptFailed accept(2) can fail, for want of memory for instance: the next one may go well
 * @throws {Error} Node's own, when it cannot be bound
 */
export function bindTcpServer(
  server: Server,
  at: { host: string; port: number; ipv6Only: boolean },
  onAcceptFailed: (error: Error) => void,
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...at, backlog: BACKLOG }, () => {
      server.off('error', reject)
      server.on('error', onAcceptFailed)
      resolve(server.address() as AddressInfo)
    })
  })
}
