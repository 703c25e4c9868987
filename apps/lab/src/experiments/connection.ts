import type { NativeSocket, SocketAddress } from '@sockyard/posix/socket'

import { LabSocket, placeText } from '../lab-socket.ts'
import type { Experiment, Lab } from '../lab.ts'
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
    if (server === undefined) return 'There was no connection to accept.'
    client.send('hello', 'A write() would be the same: send() without flags.')
    server.recv(100, 'A read() would be the same.')
    server.send('HELLO', 'A connection goes both ways.')
    client.recv(100, 'And this is the answer.')
    client.shutdown('writing', 'The client has sent everything: its FIN goes out.')
    server.recv(100, '0 is the end of the stream, not an error.')
    server.close('Both directions are closed now.')
    client.close('The side that closes first holds the address pair for a while (TIME-WAIT).')
    listener.close('No more connections are accepted.')
    return 'socket, bind, listen, accept on one side; socket, connect on the other; then send and recv on both.'
  },
}

function listen(lab: Lab): LabSocket {
  const listener = LabSocket.open(lab, 'server', TCP, 'An endpoint is a descriptor.')
  bind(listener, LOOPBACK, 'A server needs a known address; port 0 picks a free port.')
  getsockname(listener, 'The port that the kernel picked.')
  listener.call(
    'listen',
    ['5'],
    'From now on connections are accepted by the kernel; 5 may wait for accept().',
    () => {
      listener.native.listen(5)
      return 0
    },
  )
  const second = LabSocket.open(lab, 'second', TCP, 'Another program asks for the same port …')
  bind(second, addressOf(listener.native), '… which is in use.')
  return listener
}

function connectTo(lab: Lab, listener: LabSocket): LabSocket {
  const to = addressOf(listener.native)
  const client = LabSocket.open(lab, 'client', TCP, 'A client binds nothing: connect() does it.')
  getpeername(client, client.native, 'It has no peer yet.')
  client.call('connect', [placeText(to)], 'SYN, SYN with ACK, ACK: the three-way handshake.', () =>
    client.native.connect(to) ? 0 : undefined,
  )
  getsockname(client, 'The kernel picked its address and port.')
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
  getpeername(server, native, "The client's address, the same as its getsockname().")
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

const UDP = { family: 'IPv4', type: 'datagram', protocol: 17 } as const

/** A request and its answer over UDP: no listen, no accept, an address with every datagram. */
export const datagram: Experiment = {
  name: 'datagram',
  summary: 'a UDP request and its answer: an address with every datagram, no connection',
  play(lab) {
    const server = LabSocket.open(lab, 'server', UDP, 'A UDP endpoint.')
    server.call('bind', [placeText(LOOPBACK)], 'Its clients need a known address.', () => {
      server.native.bind(LOOPBACK)
      return 0
    })
    const client = LabSocket.open(lab, 'client', UDP, 'No connect(): sendto() says where to.')
    client.sendto(
      'bonjour',
      addressOf(server.native),
      'One message; the kernel picks a port for us.',
    )
    const from = server.recvfrom(100, 'The source address comes with the datagram.')
    server.sendto('BONJOUR', from, 'The answer goes to that address.')
    client.recvfrom(100, 'Any host could have sent this: check the source address.')
    client.call(
      'connect',
      [placeText(addressOf(server.native))],
      'Nothing is sent: from now on only datagrams of that peer are received.',
      () => (client.native.connect(addressOf(server.native)) ? 0 : undefined),
    )
    server.close('The server closes; UDP tells the client nothing.')
    client.send('anybody?', 'The datagram is sent anyway.')
    client.recv(100, 'ICMP "port unreachable" arrived; only a connected socket gets the error.')
    return 'UDP has no connection: bind on one side, sendto and recvfrom on both.'
  },
}
