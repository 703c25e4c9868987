import { fileFunctions } from '@sockyard/posix/process'
import { NativeSocket } from '@sockyard/posix/socket'

import { LabSocket } from '../lab-socket.ts'
import type { Experiment, Lab } from '../lab.ts'
import { tcpPair } from '../sockets.ts'

export const shutdown: Experiment = {
  name: 'shutdown',
  summary:
    'shutdown() with SHUT_WR, SHUT_RD and SHUT_RDWR, what both sides see, and how close() differs',
  play(lab) {
    writing(lab)
    reading(lab)
    both(lab)
    closeAndDuplicate(lab)
    return 'shutdown() ends a direction of the connection for every holder; close() closes one descriptor.'
  },
}

function writing(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  client.send('that was all', 'With SHUT_WR a client announces that it has sent everything.')
  client.shutdown('writing', 'The FIN is sent after the data.')
  client.send('more', 'Sending fails now.')
  server.recv(100, 'The data comes first,')
  server.recv(100, 'then the end.')
  server.send('answer', 'The other direction is still open.')
  client.recv(100, 'Half-closed: receiving still works.')
}

function reading(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  client.shutdown('reading', 'SHUT_RD: this side does not receive any more. The peer is not told.')
  client.recv(100, 'The end, at once, although the peer has not ended.')
  server.send('hello', 'The peer does not notice.')
  client.send('hello', 'And this side can send.')
  server.recv(100, 'The peer receives it.')
}

function both(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  client.shutdown('both', 'SHUT_RDWR: both at once; the descriptor stays open.')
  client.recv(100, 'The end here,')
  server.recv(100, 'and there.')
  client.send('more', 'And nothing can be sent.')
}

function closeAndDuplicate(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  let number = -1
  client.call(
    'dup',
    [],
    'A second descriptor of the same socket, as a child process has one.',
    () => {
      number = fileFunctions.dup(client.native.descriptor)
      return number
    },
  )
  const copy = new LabSocket(lab, 'copy', NativeSocket.adopt(number))
  client.close('One descriptor is closed …')
  server.recv(100, '… and the peer sees nothing: the connection has a second one.', ['DONTWAIT'])
  copy.send('still here', 'It still works.')
  server.recv(100, 'The data arrives.')
  copy.shutdown('both', 'shutdown() acts on the connection, whatever descriptors there are:')
  server.recv(100, 'that is the end.')
}
