import type { NativeSocket } from '@sockyard/posix/socket'

import { LabSocket, placeText } from '../lab-socket.ts'
import type { Experiment } from '../lab.ts'
import { selectStep, addressOf, LOOPBACK } from '../sockets.ts'

const TCP = { family: 'IPv4', type: 'stream' } as const

export const select: Experiment = {
  name: 'select',
  summary:
    'select() reports which sockets are ready: a new client, data, end of stream, room to write',
  play(lab) {
    const listener = LabSocket.open(lab, 'server', TCP, 'The socket that clients connect to.')
    listener.native.bind(LOOPBACK)
    listener.native.listen()
    const to = addressOf(listener.native)
    selectStep(lab, { read: [listener] }, 'No client yet: 0 after the timeout.', 20)
    const client = LabSocket.open(lab, 'client', TCP, 'A client …')
    client.call('connect', [placeText(to)], '… connects; it is not accepted yet.', () =>
      client.native.connect(to) ? 0 : undefined,
    )
    selectStep(
      lab,
      { read: [listener] },
      'A listening socket is readable when accept() would not block.',
    )
    let native: NativeSocket | undefined
    listener.call('accept', [], 'The new socket is added to the set.', () => {
      native = listener.native.accept()
      return native?.descriptor
    })
    if (native === undefined) return 'There was no connection to accept.'
    const accepted = new LabSocket(lab, 'accepted', native)
    const both = [listener, accepted]
    selectStep(lab, { read: both, write: [accepted] }, 'Nothing to read, but room to write.')
    client.send('hello', 'The client sends,')
    selectStep(lab, { read: both }, 'so its socket is readable, and only that.')
    accepted.recv(100, 'And recv() does not block.')
    client.close('The client closes:')
    selectStep(lab, { read: both }, 'the end of the stream is readable, too …')
    accepted.recv(100, '… and recv() returns 0: remove the socket from the set and close it.')
    return 'The kernel writes the answer into the sets it is given, so each round begins with a copy; epoll (packages/posix/src/poll/epoll.ts) keeps the set in the kernel and has no limit of 1,024.'
  },
}
