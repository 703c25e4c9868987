import { createServer, type AddressInfo, type Server, Socket } from 'node:net'

import { NativeCallsMissingError } from '@sockyard/posix/ffi'
import { setSocketOption } from '@sockyard/posix/options'

import { normalizeMappedAddress } from '../address/addresses.ts'
import {
  type AcceptedConnection,
  type AdoptedConnection,
  type ConnectionOwner,
  EngineConnection,
  type ListenAddress,
  type ListenerEvents,
  type Listening,
  type TcpEngine,
} from './engine.ts'

const BACKLOG = 1_024
/** Its callback runs when all that was written before is taken; one for each write would cost as much as the write. */
const NOTHING = new Uint8Array()
const KEEPALIVE = { enable: true, initialDelay: 30_000, interval: 5_000, count: 3 } as const

/** TCP with node:net. */
export class NodeEngine implements TcpEngine {
  readonly #servers: Server[] = []
  readonly #afterPoll: (() => void) | undefined
  #isAfterPollDue = false

  /** @param afterPoll once after each turn of the event loop in which something was received or closed */
  constructor(afterPoll?: () => void) {
    this.#afterPoll = afterPoll
  }

  listen(at: ListenAddress, events: ListenerEvents, maxOpen: number): Promise<Listening> {
    return this.#listen(at, events, maxOpen)
  }

  adoptListener(fd: number, events: ListenerEvents, maxOpen: number): Promise<Listening> {
    return this.#listen({ fd }, events, maxOpen)
  }

  adoptConnection(fd: number): AdoptedConnection {
    const socket = adoptConnection(fd)
    const { localAddress: address = '', localPort: port = 0, localFamily: family = '' } = socket
    const accepted = acceptedConnection(socket)
    if (accepted !== undefined) keepUrgentData(socket)
    return { bound: { address, port, family }, accepted }
  }

  /** node:net accepts on its own: what is accepted meanwhile waits in the process. */
  holdAccepting(): void {
    throw new Error('node:net cannot leave connections in the backlog')
  }

  resumeAccepting(): void {
    this.holdAccepting()
  }

  closeListeners(): void {
    for (const server of this.#servers.splice(0)) server.close()
  }

  open(accepted: AcceptedConnection, id: number, owner: ConnectionOwner): EngineConnection {
    return new NodeConnection(accepted, id, owner, this.#happened)
  }

  close(): void {
    this.closeListeners()
  }

  #listen(
    where: ListenAddress | { fd: number },
    events: ListenerEvents,
    maxOpen: number,
  ): Promise<Listening> {
    // Not a byte is read before a connection has a handler: it may be another process that serves it.
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
    // Beyond this Node itself closes and says so with 'drop'; libuv, out of descriptors, would say nothing.
    server.maxConnections = maxOpen
    server.on('connection', (socket) => {
      const accepted = acceptedConnection(socket)
      if (accepted !== undefined) events.onAccept(accepted)
    })
    server.on('drop', () => events.onDropped())
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ ...where, backlog: BACKLOG }, () => {
        server.off('error', reject)
        keepUrgentData(server)
        server.on('error', (error) => events.onAcceptFailed(error))
        this.#servers.push(server)
        resolve({ bound: server.address() as AddressInfo, target: server })
      })
    })
  }

  readonly #happened = (): void => {
    if (this.#isAfterPollDue || this.#afterPoll === undefined) return
    this.#isAfterPollDue = true
    // The check phase: after all sockets that had something to read in this turn.
    setImmediate(() => {
      this.#isAfterPollDue = false
      this.#afterPoll?.()
    })
  }
}

/**
 * Leaves urgent data in the stream (SO_OOBINLINE; RFC 6093, section 4), of a connection or of all that a listening
 * socket accepts. Without koffi the last byte of it is lost.
 */
function keepUrgentData(target: Server | Socket): void {
  try {
    setSocketOption(target, 'SO_OOBINLINE', true)
  } catch (error) {
    if (!(error instanceof NativeCallsMissingError)) throw error
  }
}

/** @returns undefined when the peer is gone already, and then the socket is closed */
export function acceptedConnection(socket: Socket): AcceptedConnection | undefined {
  // Without a listener a RST ends the process.
  socket.on('error', () => {})
  const { remoteAddress, remotePort: port } = socket
  if (remoteAddress === undefined || port === undefined) {
    socket.destroy()
    return undefined
  }
  return { socket, address: normalizeMappedAddress(remoteAddress), port }
}

/** The connection of a descriptor that another program has accepted. */
function adoptConnection(fd: number): Socket {
  return new Socket({ fd, allowHalfOpen: true }).setNoDelay(true)
}

/** A connection over node:net. */
export class NodeConnection extends EngineConnection {
  readonly socket: Socket
  readonly #happened: () => void
  #written = 0
  #isWaitingForDrain = false
  #isAborted = false
  #hasUnreportedEnd = false

  constructor(
    accepted: AcceptedConnection,
    id: number,
    owner: ConnectionOwner,
    happened = (): void => {},
  ) {
    super(accepted, id, owner)
    this.socket = accepted.socket as Socket
    this.#happened = happened
    this.socket.setKeepAlive(KEEPALIVE)
    this.socket.pause()
    this.socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
  }

  get localAddress(): string {
    return normalizeMappedAddress(this.socket.localAddress ?? '')
  }

  get localPort(): number {
    return this.socket.localPort ?? 0
  }

  get queuedBytes(): number {
    return this.socket.writableLength
  }

  get isWritable(): boolean {
    return this.socket.writable
  }

  write(bytes: Uint8Array): boolean {
    if (!this.socket.writable) return false
    this.#written += bytes.length
    this.socket.write(bytes)
    if (this.socket.writableLength > 0) return this.#waitForDrain()
    this.#progressed()
    return true
  }

  end(): void {
    this.socket.end()
  }

  pause(): void {
    this.isPaused = true
    this.socket.pause()
  }

  resume(): void {
    this.isPaused = false
    this.socket.resume()
    if (!this.#hasUnreportedEnd) return
    setImmediate(() => {
      if (this.#hasUnreportedEnd) this.#onEnd()
    })
  }

  destroy(): void {
    this.socket.destroy()
  }

  abort(): void {
    this.#isAborted = true
    this.socket.resetAndDestroy()
  }

  detach(): void {
    this.socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.socket.pause()
  }

  readonly #onData = (bytes: Buffer): void => {
    this.lastActivityAt = performance.now()
    this.received(bytes)
    this.#happened()
  }

  #waitForDrain(): false {
    this.queueChanged()
    if (this.#isWaitingForDrain) return false
    this.#isWaitingForDrain = true
    this.socket.write(NOTHING, this.#onWritten)
    return false
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (error) return
    this.#progressed()
    this.queueChanged()
    if (this.socket.writableLength > 0) return void this.socket.write(NOTHING, this.#onWritten)
    this.#isWaitingForDrain = false
    this.drained()
    this.#happened()
  }

  #progressed(): void {
    this.lastActivityAt = performance.now()
    // Not `socket.bytesWritten`: it adds up all that is queued.
    this.#countSent(this.#written - this.socket.writableLength)
  }

  /** node:net emits 'end' though the socket is paused, once nothing is buffered: it waits for `resume`. */
  readonly #onEnd = (): void => {
    this.#hasUnreportedEnd = this.isPaused
    if (this.isPaused || this.socket.destroyed) return
    this.receivedEnd()
    this.#happened()
  }

  #countSent(sent: number): void {
    if (sent > this.bytesSent) this.sent(sent - this.bytesSent)
  }

  readonly #onClose = (): void => {
    this.#countSent(this.socket.bytesWritten)
    this.closed(this.#isAborted ? undefined : (this.socket.errored ?? undefined))
    this.#happened()
  }
}
