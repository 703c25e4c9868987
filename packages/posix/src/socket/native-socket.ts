import { systemCall } from '../ffi/libc.ts'
import { Descriptor } from './descriptor.ts'
import {
  decodeSocketAddress,
  encodeSocketAddress,
  SOCKET_ADDRESS_BYTES,
  type SocketAddress,
} from './socket-address.ts'
import {
  connectCall,
  MSG,
  acceptCall,
  receiveCall,
  receiveFromCall,
  sendCall,
  sendToCall,
  kindArguments,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  type SocketKind,
} from './socket-calls.ts'

const socket = systemCall('int socket(int, int, int)')
const socketpair = systemCall('int socketpair(int, int, int, int32_t *)')
const fcntl = systemCall('int fcntl(int, int, int)')
const bind = systemCall('int bind(int, const uint8_t *, uint32_t)')
const listen = systemCall('int listen(int, int)')
const shutdown = systemCall('int shutdown(int, int)')
const getsockname = systemCall('int getsockname(int, uint8_t *, uint32_t *)')
const getpeername = systemCall('int getpeername(int, uint8_t *, uint32_t *)')
/** fcntl(2): the open file's flags, among them O_NONBLOCK, which is SOCK_NONBLOCK's bit. */
const F_GETFL = 3
const F_SETFL = 4
const SIDES = { reading: 0, writing: 1, both: 2 } as const

/** Where the kernel writes addresses. One for all sockets of a thread: it is read before the next call. */
const address = new Uint8Array(SOCKET_ADDRESS_BYTES)
const addressLength = new Uint32Array(1)

/** A connection that came in. */
export interface Accepted {
  socket: NativeSocket
  /** Undefined where the peer has gone already. */
  from: SocketAddress | undefined
}

/** A datagram that came in. */
export interface Received {
  /** Bytes in the memory; with `MSG.TRUNC` the datagram's whole length. */
  length: number
  /** Undefined where the sender has no address. */
  from: SocketAddress | undefined
}

/**
 * A socket of the kernel's (socket(2)) and its one owner. Every method throws SystemCallError when the call
 * fails, ClosedDescriptorError after `close`, and NativeCallsMissingError where koffi is absent. Where a
 * non-blocking socket would have to wait the answer is undefined. Interrupted calls are made again.
 */
export class NativeSocket implements Disposable {
  readonly #descriptor: Descriptor
  readonly #nonBlocking: boolean

  private constructor(descriptor: number, nonBlocking: boolean) {
    this.#descriptor = new Descriptor(descriptor)
    this.#nonBlocking = nonBlocking
  }

  /**
   * socket(2).
   *
   * @throws {SystemCallError} EAFNOSUPPORT without the family, EMFILE when there are too many descriptors
   */
  static open(kind: SocketKind): NativeSocket {
    return new NativeSocket(socket(...kindArguments(kind)), kind.nonBlocking ?? false)
  }

  /** Two sockets that are connected with each other (socketpair(2)); the family is `unix`. */
  static pair(kind: Omit<SocketKind, 'family'>): [NativeSocket, NativeSocket] {
    const both = new Int32Array(2)
    socketpair(...kindArguments({ ...kind, family: 'unix' }), both)
    const [first = -1, second = -1] = both
    const nonBlocking = kind.nonBlocking ?? false
    return [new NativeSocket(first, nonBlocking), new NativeSocket(second, nonBlocking)]
  }

  /** Takes over an open descriptor: nothing else may close it from now on. It blocks or not as it did before. */
  static adopt(descriptor: number): NativeSocket {
    const flags = fcntl(descriptor, F_GETFL, 0)
    return new NativeSocket(descriptor, (flags & SOCK_NONBLOCK) !== 0)
  }

  /** `adopt`, and from now on no call waits, in no process that shares the socket (O_NONBLOCK, fcntl(2)). */
  static adoptNonBlocking(descriptor: number): NativeSocket {
    const flags = fcntl(descriptor, F_GETFL, 0)
    if ((flags & SOCK_NONBLOCK) === 0) fcntl(descriptor, F_SETFL, flags | SOCK_NONBLOCK)
    return new NativeSocket(descriptor, true)
  }

  /** The descriptor's number, for epoll and the like; it stays this socket's. */
  get descriptor(): number {
    return this.#descriptor.number
  }

  /** Whether it was closed, or its descriptor released. */
  get closed(): boolean {
    return this.#descriptor.closed
  }

  /**
   * bind(2).
   *
   * @throws {SystemCallError} EADDRINUSE, EADDRNOTAVAIL for an address that is not ours, EACCES for a privileged port
   */
  bind(local: SocketAddress): void {
    const encoded = encodeSocketAddress(local)
    bind(this.descriptor, encoded, encoded.length)
  }

  /** @param backlog how many connections may wait to be accepted; /proc/sys/net/core/somaxconn at most */
  listen(backlog = 1_024): void {
    listen(this.descriptor, backlog)
  }

  /** The next connection, non-blocking when this socket is. */
  accept(): NativeSocket | undefined {
    const descriptor = acceptCall(this.descriptor, null, null, this.#acceptFlags)
    return descriptor === undefined ? undefined : new NativeSocket(descriptor, this.#nonBlocking)
  }

  /** `accept` that returns the peer's address, in the same call. */
  acceptFrom(): Accepted | undefined {
    addressLength[0] = address.length
    const descriptor = acceptCall(this.descriptor, address, addressLength, this.#acceptFlags)
    if (descriptor === undefined) return undefined
    return { socket: new NativeSocket(descriptor, this.#nonBlocking), from: readAddress() }
  }

  /** @returns false while it is under way: it is over at EPOLLOUT, and SO_ERROR says how */
  connect(remote: SocketAddress): boolean {
    return connectCall(this.descriptor, encodeSocketAddress(remote))
  }

  /**
   * @param flags of `MSG`
   * @param length how much of `memory`; all of it by default
   * @returns how many bytes were taken, maybe fewer than there are
   */
  send(memory: Uint8Array, flags = 0, length = memory.byteLength): number | undefined {
    checkLength(memory, length)
    return sendCall(this.descriptor, memory, length, flags | MSG.NOSIGNAL)
  }

  /**
   * @param flags of `MSG`; with WAITALL a signal can still end it early (recv(2))
   * @returns how many bytes came; 0 at the end of a stream
   */
  receive(memory: Uint8Array, flags = 0): number | undefined {
    return receiveCall(this.descriptor, memory, memory.byteLength, flags)
  }

  /** `send` to an address (UDP, raw and Unix datagrams). */
  sendTo(memory: Uint8Array, remote: SocketAddress, flags = 0): number | undefined {
    const to = encodeSocketAddress(remote)
    const all = flags | MSG.NOSIGNAL
    return sendToCall(this.descriptor, memory, memory.byteLength, all, to, to.length)
  }

  /** `receive` that returns the sender. */
  receiveFrom(memory: Uint8Array, flags = 0): Received | undefined {
    addressLength[0] = address.length
    const { descriptor } = this
    const bytes = memory.byteLength
    const length = receiveFromCall(descriptor, memory, bytes, flags, address, addressLength)
    return length === undefined ? undefined : { length, from: readAddress() }
  }

  /** Ends one direction of a connection, or both: the peer sees the end of the stream (shutdown(2)). */
  shutdown(side: 'reading' | 'writing' | 'both'): void {
    shutdown(this.descriptor, SIDES[side])
  }

  /** Undefined when it is of a family that is not spoken here. */
  localAddress(): SocketAddress | undefined {
    addressLength[0] = address.length
    getsockname(this.descriptor, address, addressLength)
    return readAddress()
  }

  /** @throws {SystemCallError} ENOTCONN without a peer */
  remoteAddress(): SocketAddress | undefined {
    addressLength[0] = address.length
    getpeername(this.descriptor, address, addressLength)
    return readAddress()
  }

  /** A second descriptor of the same socket, with an owner of its own. @throws {SystemCallError} EMFILE */
  duplicate(): NativeSocket {
    return new NativeSocket(this.#descriptor.duplicate().release(), this.#nonBlocking)
  }

  /** Releases the descriptor to a new owner, which closes it from now on (such as `new net.Socket({ fd })`). */
  release(): number {
    return this.#descriptor.release()
  }

  /** Closing twice does nothing. */
  close(): void {
    this.#descriptor.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #acceptFlags(): number {
    return SOCK_CLOEXEC | (this.#nonBlocking ? SOCK_NONBLOCK : 0)
  }
}

function readAddress(): SocketAddress | undefined {
  return decodeSocketAddress(address, Math.min(addressLength[0] ?? 0, address.length))
}

function checkLength(memory: Uint8Array, length: number): void {
  if (length >= 0 && length <= memory.byteLength) return
  throw new RangeError(`${length} bytes cannot be sent of ${memory.byteLength}`)
}
