import { fileFunctions } from '@sockyard/posix/file-functions'
import { NativeSocket } from '@sockyard/posix/native-socket'

import type { Experiment } from '../experiment.ts'
import { LabSocket } from '../lab-socket.ts'
import type { Lab } from '../lab.ts'
import { tcpPair } from '../sockets.ts'

export const shutdown: Experiment = {
  name: 'shutdown',
  summary:
    'shutdown() with SHUT_WR, SHUT_RD and SHUT_RDWR, what both sides see, and close() against it',
  play(lab) {
    writing(lab)
    reading(lab)
    both(lab)
    closeAndDuplicate(lab)
    return 'shutdown() ends a direction of the connection, whoever else holds it; close() gives back one descriptor.'
  },
}

function writing(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  client.send('that was all', 'SHUT_WR is how a client says that it has said everything.')
  client.shutdown('writing', 'The FIN goes out, behind the data.')
  client.send('more', 'We cannot say more.')
  server.recv(100, 'The data comes first,')
  server.recv(100, 'then the end.')
  server.send('answer', 'The other direction lives.')
  client.recv(100, 'Half-closed: we still hear.')
}

function reading(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  client.shutdown('reading', 'SHUT_RD: this side does not want to hear. Nothing is sent for it.')
  client.recv(100, 'The end, at once, although the peer has not ended.')
  server.send('hello', 'The peer knows nothing of it.')
  client.send('hello', 'And we can speak.')
  server.recv(100, 'The peer hears us.')
}

function both(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  client.shutdown('both', 'SHUT_RDWR: both at once; the descriptor is still ours.')
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
  client.close('One descriptor is given back …')
  server.recv(100, '… and the peer sees nothing: the connection has another one.', ['DONTWAIT'])
  copy.send('still here', 'It goes on by that.')
  server.recv(100, 'See.')
  copy.shutdown('both', 'shutdown() counts no descriptors:')
  server.recv(100, 'that is the end.')
}
