import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import type { ResolvedAddress } from '@sockyard/net/address'
import {
  isPathChosen,
  localEndpoint,
  type PathOptions,
  setPathOptions,
} from '@sockyard/net/connect'
import { networkError } from '@sockyard/net/errors'
import { getSocketOption } from '@sockyard/posix/options'
import type { SocketTarget } from '@sockyard/posix/socket'
import type { ReplyHeader } from '@sockyard/probe/echo'

/** What a ping socket reports of its probes. Times are those of `performance.now()`. */
export interface PingListener {
  /** A probe goes out now. @param dueAt as given to `send` */
  onDeparted(sequence: number, at: number, dueAt: number | undefined): void
  /** A probe was not sent. Never called within `send`: a window that refills would never let the event loop go on. */
  onNotSent(sequence: number, error: Error): void
  /** An ICMP error came (RFC 1122, 4.1.3.3), for which datagram is not known. */
  onNotDelivered(error: Error): void
  /**
   * @param bytes good until this returns, as is `header`
   * @param header where the engine can tell
   */
  onDatagram(bytes: Uint8Array, at: number, header?: ReplyHeader): void
}

/** A socket connected to one server, so that the kernel accepts no other source's datagrams. */
export interface PingSocket extends Disposable {
  readonly target: ResolvedAddress
  /** Before the first `send`. */
  listen(listener: PingListener): void
  /**
   * @param dueAt when it should have gone out, by a schedule
   * @returns false when too many wait to be sent: this one is not
   */
  send(sequence: number, bytes: Uint8Array, dueAt: number | undefined): boolean
  /** What the kernel knows of the path, IP header included (IP_MTU, ip(7)); undefined where it tells nothing. */
  pathMtuBytes(): number | undefined
}

/** Replies that come faster than they are read wait here; the usual 208 KiB hold 256 small ones. */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
/** Probes that wait to be sent (Node's queue has no bound, nodejs/node#10902). */
const MAXIMUM_QUEUE = 1000

/**
 * Probes by node:dgram, one with each system call.
 *
 * @throws {NetworkError} when there is no route
 */
export async function openNodePingSocket(
  target: ResolvedAddress,
  path: PathOptions,
): Promise<PingSocket> {
  const socket = await connectSocket(target, path)
  let listener: PingListener | undefined
  return {
    target,
    listen(wanted) {
      listener = wanted
      socket.on('message', (bytes) => wanted.onDatagram(bytes, performance.now()))
      socket.on('error', (error) => wanted.onNotDelivered(error))
    },
    send(sequence, bytes, dueAt) {
      if (socket.getSendQueueCount() >= MAXIMUM_QUEUE) return false
      listener?.onDeparted(sequence, performance.now(), dueAt)
      socket.send(bytes, (error) => {
        if (error !== null) setImmediate(() => listener?.onNotSent(sequence, error))
      })
      return true
    },
    pathMtuBytes: () => pathMtuBytes(socket, target),
    [Symbol.dispose]: () => socket.close(),
  }
}

/** Of a connected socket; undefined where the kernel cannot be asked. */
export function pathMtuBytes(
  socket: SocketTarget,
  { family }: ResolvedAddress,
): number | undefined {
  try {
    return getSocketOption(socket, family === 6 ? 'IPV6_MTU' : 'IP_MTU')
  } catch {
    return undefined
  }
}

/**
 * A socket connected to one address. Nothing is sent: whether a server listens there is not known yet.
 *
 * @throws {NetworkError} when there is no route
 */
export async function connectSocket(
  { address, family, port }: ResolvedAddress,
  path: PathOptions,
): Promise<Socket> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    if (isPathChosen(path)) await prepare(socket, family, path)
    socket.connect(port, address)
    await once(socket, 'connect')
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES)
    return socket
  } catch (error) {
    socket.close()
    throw networkError(error, address, port)
  }
}

/** A socket has options only once it is bound. */
async function prepare(socket: Socket, family: 4 | 6, path: PathOptions): Promise<void> {
  const { address, port } = localEndpoint(path, family)
  try {
    socket.bind({ address, port, exclusive: true })
    await once(socket, 'listening')
  } catch (error) {
    throw networkError(error, address, port)
  }
  setPathOptions(socket, family, path)
}
