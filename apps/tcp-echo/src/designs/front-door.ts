import { type AddressInfo, createServer, type Socket } from 'node:net'

import { Epoll } from '@sockyard/posix/epoll'
import type { NativeSocket } from '@sockyard/posix/native-socket'
import { whenReadable } from '@sockyard/posix/when-readable'
import { bindTcpServer } from '@sockyard/service/bind-tcp-server'
import { ipFamily } from '@sockyard/service/common-options'
import { limitLog } from '@sockyard/service/limited-log'
import { listenAnywhere } from '@sockyard/service/listen'
import { showOptionsOf } from '@sockyard/service/listening-sockets'
import type { ServiceContext } from '@sockyard/service/server-command'
import { unmapped } from '@sockyard/service/source-address'

import type { ServeOptions } from '../config.ts'
import { Gate } from '../epoll/gate.ts'
import { openListeners } from '../epoll/listeners.ts'
import { peerAddress } from '../epoll/peer-address.ts'

/** A connection that was accepted, and of which not a byte was read. */
export interface Visitor {
  handle: NativeSocket | Socket
  address: string
  port: number
}

/** Where a parent accepts connections that its children serve. */
export interface FrontDoor {
  readonly bound: AddressInfo
  close(): void
}

type Context = Pick<ServiceContext<ServeOptions>, 'options' | 'log' | 'metrics'>

/** Starting a process takes a while: the rest of this one has its turn after so many. */
const MAXIMUM_ACCEPTED_AT_ONCE = 8
const REOPEN_MILLIS = 100

/**
 * Listens, and accepts for others.
 *
 * @param engine by whose calls
 * @throws {NetworkError} when it cannot be bound
 */
export function openFrontDoor(
  engine: 'epoll' | 'node',
  context: Context,
  onVisitor: (visitor: Visitor) => void,
): Promise<FrontDoor> {
  const { host, port } = context.options
  const family = ipFamily(context.options)
  return listenAnywhere({ host, port, family }, (address, ipv6Only) => {
    const place = { host: address, port, ipv6Only }
    return engine === 'epoll'
      ? Promise.resolve(openNative(place, context, onVisitor))
      : openNode(place, context, onVisitor)
  })
}

interface Place {
  host: string
  port: number
  ipv6Only: boolean
}

function openNative(
  place: Place,
  { log, metrics }: Context,
  onVisitor: (visitor: Visitor) => void,
): FrontDoor {
  const { sockets, bound } = openListeners(place, 1)
  const [socket] = sockets
  if (socket === undefined) throw new Error('no socket was opened')
  const { address, port } = bound
  const hide = showOptionsOf(metrics, { transport: 'tcp', address, port, target: socket })
  const epoll = new Epoll()
  const gate = new Gate(socket, epoll, limitLog(log))
  const stopWatch = whenReadable(epoll.descriptorNumber, () => acceptSome(gate, onVisitor))
  const timer = setInterval(() => gate.reopen(performance.now()), REOPEN_MILLIS)
  return {
    bound,
    close() {
      clearInterval(timer)
      hide()
      stopWatch()
      gate.close()
      epoll.close()
    },
  }
}

function acceptSome(gate: Gate, onVisitor: (visitor: Visitor) => void): void {
  for (let accepted = 0; accepted < MAXIMUM_ACCEPTED_AT_ONCE; accepted += 1) {
    const arrival = gate.next(performance.now())
    if (arrival === undefined) return
    const from = peerAddress(arrival.from)
    if (from === undefined) arrival.socket.close()
    else onVisitor({ handle: arrival.socket, ...from })
  }
}

async function openNode(
  { host, port, ipv6Only }: Place,
  { log, metrics }: Context,
  onVisitor: (visitor: Visitor) => void,
): Promise<FrontDoor> {
  const limited = limitLog(log)
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
  server.on('connection', (socket) => {
    socket.on('error', () => undefined)
    const { remoteAddress, remotePort } = socket
    if (remoteAddress === undefined || remotePort === undefined) socket.destroy()
    else onVisitor({ handle: socket, address: unmapped(remoteAddress), port: remotePort })
  })
  const bound = await bindTcpServer(server, { host, port, ipv6Only }, (error) =>
    limited.warn({ error: error.message }, 'accept failed'),
  )
  showOptionsOf(metrics, {
    transport: 'tcp',
    address: bound.address,
    port: bound.port,
    target: server,
  })
  return { bound, close: () => void server.close() }
}
