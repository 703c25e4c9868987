import { select } from '@sockyard/posix/poll'
import {
  type InternetAddress,
  NativeSocket,
  type SocketAddress,
  type SocketKind,
} from '@sockyard/posix/socket'

import { LabSocket } from './lab-socket.ts'
import type { Lab } from './lab.ts'

export const LOOPBACK: InternetAddress = {
  family: 'IPv4',
  bytes: Uint8Array.of(127, 0, 0, 1),
  port: 0,
  scope: 0,
}

/** Both ends of a TCP connection over loopback, whose handshake is not shown. */
export function tcpPair(lab: Lab): { client: LabSocket; server: LabSocket } {
  using listener = NativeSocket.open({ family: 'IPv4', type: 'stream' })
  listener.bind(LOOPBACK)
  listener.listen(1)
  const client = NativeSocket.open({ family: 'IPv4', type: 'stream' })
  client.connect(addressOf(listener))
  const server = listener.accept()
  if (server === undefined) throw new Error('no connection to accept')
  const pair = {
    client: new LabSocket(lab, 'client', client),
    server: new LabSocket(lab, 'server', server),
  }
  lab.takePackets()
  return pair
}

/** Two UDP sockets that are connected with each other over loopback. */
export function udpPair(lab: Lab): { client: LabSocket; server: LabSocket } {
  const [client, server] = [0, 1].map(() => {
    const socket = NativeSocket.open({ family: 'IPv4', type: 'datagram' })
    socket.bind(LOOPBACK)
    return socket
  })
  if (client === undefined || server === undefined) throw new Error('two were opened')
  client.connect(addressOf(server))
  server.connect(addressOf(client))
  return {
    client: new LabSocket(lab, 'client', client),
    server: new LabSocket(lab, 'server', server),
  }
}

/** Two Unix sockets that are connected with each other (socketpair(2)); the call is shown. */
export function unixPair(lab: Lab, type: SocketKind['type'], why: string): [LabSocket, LabSocket] {
  const [first, second] = NativeSocket.pair({ type })
  const names = { stream: 'STREAM', datagram: 'DGRAM', raw: 'RAW', seqpacket: 'SEQPACKET' }
  const words = ['AF_UNIX', `SOCK_${names[type]}`, '0']
  lab.step({ who: 'lab', call: 'socketpair', arguments: words, why }, () => ({
    returned: 0,
    got: `${first.descriptor} and ${second.descriptor}`,
  }))
  return [new LabSocket(lab, 'first', first), new LabSocket(lab, 'second', second)]
}

/** Where a socket is bound to. */
export function addressOf(socket: NativeSocket): SocketAddress {
  const address = socket.localAddress()
  if (address === undefined) throw new Error('a bound socket has an address')
  return address
}

type Sets = Partial<Record<'read' | 'write' | 'except', readonly LabSocket[]>>

/** select(2) on some sockets, shown by their names; waits one second by default. */
export function selectStep(lab: Lab, asked: Sets, why: string, timeoutMillis = 1_000): void {
  const { read = [], write = [], except = [] } = asked
  const call = {
    who: 'lab',
    call: 'select',
    arguments: [...setTexts(asked), `${timeoutMillis} ms`],
    why,
  }
  lab.step(call, () => {
    const found = select(
      { read: read.map(number), write: write.map(number), except: except.map(number) },
      timeoutMillis,
    )
    const isReady = (sockets: readonly LabSocket[], ready: readonly number[]): LabSocket[] =>
      sockets.filter((socket) => ready.includes(number(socket)))
    const ready = setTexts({
      read: isReady(read, found.read),
      write: isReady(write, found.write),
      except: isReady(except, found.except),
    })
    const count = found.read.length + found.write.length + found.except.length
    return { returned: count, got: ready.join(' ') }
  })
}

function number(socket: LabSocket): number {
  return socket.native.descriptor
}

/** `read {server, client}` for each set that is not empty. */
function setTexts(sets: Sets): string[] {
  return Object.entries(sets).flatMap(([name, sockets]) =>
    sockets.length === 0 ? [] : [`${name} {${sockets.map(({ who }) => who).join(', ')}}`],
  )
}
