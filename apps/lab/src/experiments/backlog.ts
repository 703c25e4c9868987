import { select as selectCall } from '@sockyard/posix/poll'
import { NativeSocket } from '@sockyard/posix/socket'

import { LabSocket, placeText } from '../lab-socket.ts'
import type { Experiment } from '../lab.ts'
import { addressOf, LOOPBACK } from '../sockets.ts'

const TCP = { family: 'IPv4', type: 'stream' } as const
/** Long for loopback, short beside the second after which a SYN is sent again. */
const MOMENT_MILLIS = 100

/** Each with its result. */
const CLIENTS = [
  ['first', 'It waits for accept(), connected already.'],
  ['second', 'So does this one.'],
  ['third', 'The queue is full: its SYN is not answered for now.'],
  ['fourth', 'The same.'],
] as const

export const backlog: Experiment = {
  name: 'backlog',
  summary: 'listen(backlog): how many connections wait for accept(), and what happens to the next',
  play(lab) {
    const server = LabSocket.open(lab, 'server', TCP, 'A slow server:')
    server.native.bind(LOOPBACK)
    server.call(
      'listen',
      ['1'],
      'one connection may wait for accept(). Linux allows one more.',
      () => {
        server.native.listen(1)
        return 0
      },
    )
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
    return 'On Linux a full queue refuses nothing: the SYN is dropped, and the client repeats it after 1, 3, 7 … seconds.'
  },
}
