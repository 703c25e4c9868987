import { type AddressInfo, createServer, type ListenOptions, type Server, Socket } from 'node:net'

import { bindTcpServer } from './bind-tcp-server.ts'
import type { InheritedSockets } from './inherited-sockets.ts'
import type { WorkWatch } from './work-watch.ts'

interface Arrivals {
  /** Beyond this Node itself closes and says so with 'drop'; libuv, out of descriptors, would say nothing. */
  maxConnections: number
  arrive: (socket: Socket) => void
  onDropped: () => void
  onAcceptFailed: (error: Error) => void
  onListening: (server: Server, bound: AddressInfo) => void
}

/** Where the connections of one TCP server come from: its own port, or what it was started with. */
export class TcpListeners {
  readonly #arrivals: Arrivals
  /** Each closes one of them, and is fulfilled when its connections are closed too. */
  readonly #closings: (() => Promise<void>)[] = []

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals
  }

  /**
   * Listens at a place of its own, or at a socket that listens already.
   *
   * @param work counts the connections
   * @throws {Error} Node's own, when it cannot be bound
   */
  async listen(where: ListenOptions | { fd: number }, work?: WorkWatch): Promise<AddressInfo> {
    const { maxConnections, onDropped, onAcceptFailed, onListening } = this.#arrivals
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    server.maxConnections = maxConnections
    server.on('connection', (socket) => this.#arrive(socket, work))
    server.on('drop', onDropped)
    this.#closings.push(() => closeServer(server))
    const bound = await bindTcpServer(server, where, onAcceptFailed)
    onListening(server, bound)
    return bound
  }

  /**
   * Takes every listening socket that was passed, or the one connection.
   *
   * @returns where they are bound
   * @throws {UsageError} when there is neither
   */
  async adopt(inherited: InheritedSockets): Promise<[AddressInfo, ...AddressInfo[]]> {
    const { kind, descriptor } = inherited.take('listener', 'connection')
    if (kind === 'connection') return [this.#serve(descriptor.release(), inherited.work)]
    const bound = await this.listen({ fd: descriptor.release() }, inherited.work)
    return inherited.has('listener') ? [bound, ...(await this.adopt(inherited))] : [bound]
  }

  /** Nobody comes in any more. */
  async close(): Promise<void> {
    await Promise.all(this.#closings.map((close) => close()))
  }

  /** A connection that somebody else has accepted. */
  #serve(fd: number, work: WorkWatch): AddressInfo {
    const socket = new Socket({ fd, allowHalfOpen: true }).setNoDelay(true)
    const { localAddress: address = '', localPort: port = 0, localFamily: family = '' } = socket
    const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()))
    this.#closings.push(() => closed)
    this.#arrive(socket, work)
    return { address, port, family }
  }

  #arrive(socket: Socket, work: WorkWatch | undefined): void {
    work?.begin()
    socket.once('close', () => work?.end())
    this.#arrivals.arrive(socket)
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()))
}
