import type { NativeSocket } from '@sockyard/posix/native-socket'

import type { Experiment } from '../experiment.ts'
import { LabSocket } from '../lab-socket.ts'
import { placeText } from '../notation.ts'
import { selectStep } from '../select-step.ts'
import { addressOf, LOOPBACK } from '../sockets.ts'

const TCP = { family: 'IPv4', type: 'stream' } as const

export const select: Experiment = {
  name: 'select',
  summary:
    'select() tells of many sockets which are ready: a new client, data, the end, room to write',
  play(lab) {
    const listener = LabSocket.open(lab, 'server', TCP, 'The socket that clients connect to.')
    listener.native.bind(LOOPBACK)
    listener.native.listen()
    const to = addressOf(listener.native)
    selectStep(lab, { read: [listener] }, 'Nobody is there: 0 after the time.', 20)
    const client = LabSocket.open(lab, 'client', TCP, 'A client …')
    client.call('connect', [placeText(to)], '… connects; nobody has accepted it yet.', () =>
      client.native.connect(to) ? 0 : undefined,
    )
    selectStep(
      lab,
      { read: [listener] },
      'A listening socket is readable when accept() would not wait.',
    )
    let native: NativeSocket | undefined
    listener.call('accept', [], 'The new one joins the set that is kept.', () => {
      native = listener.native.accept()
      return native?.descriptor
    })
    if (native === undefined) return 'The connection did not come.'
    const accepted = new LabSocket(lab, 'accepted', native)
    const both = [listener, accepted]
    selectStep(lab, { read: both, write: [accepted] }, 'Nothing to read, but room to write.')
    client.send('hello', 'The client speaks,')
    selectStep(lab, { read: both }, 'so its socket is readable, and only that.')
    accepted.recv(100, 'And recv() does not wait.')
    client.close('The client hangs up:')
    selectStep(lab, { read: both }, 'the end is readable, too …')
    accepted.recv(100, '… and recv() gives 0 then: take it out of the set, and close.')
    return 'The kernel writes the answer into the sets it is given, so each round begins with a copy; epoll (packages/posix/src/epoll.ts) keeps the set itself and has no end at 1,024.'
  },
}
