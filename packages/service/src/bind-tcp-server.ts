import type { AddressInfo, ListenOptions, Server } from 'node:net'

const BACKLOG = 1_024

/**
 * Binds and listens (bind(2), listen(2)).
 *
 * @param at where; its host is numeric. Or the descriptor of a socket that listens already
 * @param onAcceptFailed accept(2) can fail, for want of memory for instance: the next one may go well
 * @throws {Error} Node's own, when it cannot be bound
 */
export function bindTcpServer(
  server: Server,
  at: ListenOptions | { fd: number },
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
