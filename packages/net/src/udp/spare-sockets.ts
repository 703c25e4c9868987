import { NativeCallsMissingError, SystemCallError } from '@sockyard/posix/ffi'
import { attachReuseportFilter, getSocketOption, setSocketOption } from '@sockyard/posix/options'
import { type InternetAddress, NativeSocket, type SocketTarget } from '@sockyard/posix/socket'

/** With 416 KiB each, what is sent in vain to 25 absent neighbours a second by 60,000 B. */
const SPARES = 8
/** The kernel gives at most net.core.wmem_max. */
const SEND_BUFFER_BYTES = 4 * 1024 * 1024
/** Nothing is received on them. */
const RECEIVE_BUFFER_BYTES = 2_048

/**
 * Sockets that send from the address and port of another one, for when its send buffer is full. That is no matter of
 * speed alone: what is sent to a neighbour that is not there waits for its address for 3 s, charged to the send buffer
 * (arp(7)), so that a few questions with forged sources would keep the answers of all others back.
 *
 * They are opened when the first is needed. They share the port by SO_REUSEPORT (socket(7)), and a filter has the
 * kernel give all that comes to the first socket.
 */
export class SpareSockets implements Disposable {
  readonly #main: SocketTarget
  readonly #local: InternetAddress
  #open: NativeSocket[] | undefined
  #current = 0

  /** @param local where `main` is bound */
  constructor(main: SocketTarget, local: InternetAddress) {
    this.#main = main
    this.#local = local
  }

  /**
   * The socket to go on with when one is full.
   *
   * @param attempt 0 for the first since something was sent, then 1, 2 …
   * @returns undefined when all are full, or none can be had
   */
  next(attempt: number): NativeSocket | undefined {
    this.#open ??= this.#openAll()
    if (attempt >= this.#open.length) return undefined
    if (attempt > 0) this.#current = (this.#current + 1) % this.#open.length
    return this.#open[this.#current]
  }

  close(): void {
    for (const socket of this.#open ?? []) socket.close()
    this.#open = []
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** As many as can be had: none for another user's socket, fewer where descriptors run out. */
  #openAll(): NativeSocket[] {
    const opened: NativeSocket[] = []
    try {
      const isShared = getSocketOption(this.#main, 'SO_REUSEPORT')
      setSocketOption(this.#main, 'SO_REUSEPORT', true)
      try {
        while (opened.length < SPARES) opened.push(this.#openOne(opened.length === 0 && !isShared))
      } finally {
        // So that the port is taken for everybody else, as before.
        if (!isShared) setSocketOption(this.#main, 'SO_REUSEPORT', false)
      }
    } catch (error) {
      if (!(error instanceof SystemCallError || error instanceof NativeCallsMissingError))
        throw error
    }
    return opened
  }

  /** @param isFirst whether a filter is needed: sockets that share a port from the beginning have theirs */
  #openOne(isFirst: boolean): NativeSocket {
    const { family } = this.#local
    const socket = NativeSocket.open({ family, type: 'datagram', nonBlocking: true })
    try {
      if (family === 'IPv6')
        setSocketOption(socket, 'IPV6_V6ONLY', getSocketOption(this.#main, 'IPV6_V6ONLY'))
      setSocketOption(socket, 'SO_REUSEPORT', true)
      setSocketOption(socket, 'SO_SNDBUF', SEND_BUFFER_BYTES)
      setSocketOption(socket, 'SO_RCVBUF', RECEIVE_BUFFER_BYTES)
      socket.bind(this.#local)
      if (isFirst) attachReuseportFilter(socket, 1)
      return socket
    } catch (error) {
      socket.close()
      throw error
    }
  }
}
