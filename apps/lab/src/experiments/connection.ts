import type { NativeSocket } from '@sockyard/posix/native-socket'
import type { SocketAddress } from '@sockyard/posix/socket-address'

import type { Experiment } from '../experiment.ts'
import { LabSocket } from '../lab-socket.ts'
import type { Lab } from '../lab.ts'
import { placeText } from '../notation.ts'
import { addressOf, LOOPBACK } from '../sockets.ts'

const TCP = { family: 'IPv4', type: 'stream', protocol: 6 } as const

/** The life of a TCP connection: every call of both sides, in order. */
export const connection: Experiment = {
  name: 'connection',
  summary: 'a TCP connection from socket() to close(), every call of both sides',
  play(lab) {
    const listener = listen(lab)
    const client = connectTo(lab, listener)
    const server = accept(lab, listener)
    if (server === undefined) return 'The connection did not come.'
    client.send('hello', 'A write() would be the same: send() without flags.')
    server.recv(100, 'A read() would be the same.')
    server.send('HELLO', 'A connection goes both ways.')
    client.recv(100, 'And this is the answer.')
    client.shutdown('writing', 'The client has said all: its FIN goes out.')
    server.recv(100, '0 is the end of what the client says, no error.')
    server.close('Both directions are over now.')
    client.close('Who closes first keeps the pair of addresses for a while (TIME-WAIT).')
    listener.close('Nobody can connect any more.')
    return 'socket, bind, listen, accept on one side; socket, connect on the other; then send and recv on both.'
  },
}

function listen(lab: Lab): LabSocket {
  const listener = LabSocket.open(lab, 'server', TCP, 'An endpoint is a descriptor.')
  bind(
    listener,
    LOOPBACK,
    'A server needs an address that its clients know; port 0 picks a free one.',
  )
  getsockname(listener, 'That is the port which the kernel picked.')
  listener.call(
    'listen',
    ['5'],
    'From now on connections are let in; 5 may wait for accept().',
    () => {
      listener.native.listen(5)
      return 0
    },
  )
  const second = LabSocket.open(lab, 'second', TCP, 'Another program wants the same port …')
  bind(second, addressOf(listener.native), '… and one address is for one socket.')
  return listener
}

function connectTo(lab: Lab, listener: LabSocket): LabSocket {
  const to = addressOf(listener.native)
  const client = LabSocket.open(lab, 'client', TCP, 'A client binds nothing: connect() does it.')
  getpeername(client, client.native, 'It has no peer yet.')
  client.call('connect', [placeText(to)], 'SYN, SYN with ACK, ACK: the kernels shake hands.', () =>
    client.native.connect(to) ? 0 : undefined,
  )
  getsockname(client, 'The kernel has picked an address and a port for it.')
  return client
}

function accept(lab: Lab, listener: LabSocket): LabSocket | undefined {
  let native: NativeSocket | undefined
  listener.call(
    'accept',
    [],
    'A new descriptor for this client; the old one goes on listening.',
    () => {
      const accepted = listener.native.acceptFrom()
      native = accepted?.socket
      return accepted && { returned: accepted.socket.descriptor, got: placeText(accepted.from) }
    },
  )
  if (native === undefined) return undefined
  const server = new LabSocket(lab, 'server', native)
  getpeername(server, native, "The client's address, as getsockname() told it over there.")
  return server
}

function bind(socket: LabSocket, to: SocketAddress, why: string): void {
  socket.call('bind', [placeText(to)], why, () => {
    socket.native.bind(to)
    return 0
  })
}

function getsockname(socket: LabSocket, why: string): void {
  socket.call('getsockname', [], why, () => ({
    returned: 0,
    got: placeText(socket.native.localAddress()),
  }))
}

function getpeername(socket: LabSocket, native: NativeSocket, why: string): void {
  socket.call('getpeername', [], why, () => ({
    returned: 0,
    got: placeText(native.remoteAddress()),
  }))
}
