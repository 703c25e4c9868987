import { NativeSocket } from '@sockyard/posix/native-socket'
import { select as selectCall } from '@sockyard/posix/select'

import type { Experiment } from '../experiment.ts'
import { LabSocket } from '../lab-socket.ts'
import { placeText } from '../notation.ts'
import { addressOf, LOOPBACK } from '../sockets.ts'

const TCP = { family: 'IPv4', type: 'stream' } as const
/** Long for loopback, short beside the second after which a SYN is sent again. */
const MOMENT_MILLIS = 100

/** Each with what becomes of it. */
const CLIENTS = [
  ['first', 'It waits for accept(), connected already.'],
  ['second', 'So does this one.'],
  ['third', 'The queue is full: no answer to its SYN, for now.'],
  ['fourth', 'The same.'],
] as const

export const backlog: Experiment = {
  name: 'backlog',
  summary: 'listen(backlog): how many connections wait for accept(), and what becomes of the next',
  play(lab) {
    const server = LabSocket.open(lab, 'server', TCP, 'A server that is slow:')
    server.native.bind(LOOPBACK)
    server.call('listen', ['1'], 'one may wait for accept(). Linux keeps one more.', () => {
      server.native.listen(1)
      return 0
    })
    const to = addressOf(server.native)
    for (const [name, why] of CLIENTS) {
      const client = new LabSocket(lab, name, NativeSocket.open({ ...TCP, nonBlocking: true }))
      client.call('connect', [placeText(to)], why, () => {
        if (client.native.connect(to)) return 0
        const { write } = selectCall({ write: [client.native.descriptor] }, MOMENT_MILLIS)
        return write.length > 0 ? 0 : undefined
      })
    }
    server.call(
      'accept',
      [],
      'Now there is room: the next SYN, in a second, will be answered.',
      () => {
        const accepted = server.native.accept()
        return accepted && lab.owns(accepted).descriptor
      },
    )
    return 'A full queue is no refusal on Linux: the SYN is dropped, and the client tries again after 1, 3, 7 … seconds.'
  },
}
