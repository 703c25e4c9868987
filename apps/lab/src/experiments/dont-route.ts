import { NativeSocket } from '@sockyard/posix/native-socket'
import type { InternetAddress } from '@sockyard/posix/socket-address'

import type { Experiment } from '../experiment.ts'
import { LabSocket } from '../lab-socket.ts'
import { placeText } from '../notation.ts'
import { addressOf, LOOPBACK } from '../sockets.ts'

/**
 * An address for documentation (RFC 5737). It may be somebody's all the same, so nothing is sent there: connect() of
 * a UDP socket looks for the route and sends nothing.
 */
const ELSEWHERE: InternetAddress = { ...LOOPBACK, bytes: Uint8Array.of(198, 51, 100, 1), port: 9 }

export const dontRoute: Experiment = {
  name: 'dont-route',
  summary: 'MSG_DONTROUTE reaches only who is on a network of ours',
  play(lab) {
    const server = lab.owns(NativeSocket.open({ family: 'IPv4', type: 'datagram' }))
    server.bind(LOOPBACK)
    const kind = { family: 'IPv4', type: 'datagram' } as const
    const client = LabSocket.open(lab, 'client', kind, 'A UDP socket.')
    client.sendto('near', addressOf(server), 'This machine needs no gateway.', ['DONTROUTE'])
    const connect = (why: string): number =>
      client.call('connect', [placeText(ELSEWHERE)], why, () =>
        client.native.connect(ELSEWHERE) ? 0 : undefined,
      )
    connect('Is there a way to a far address? Over UDP this only asks, nothing is sent.')
    client.setsockopt('SO_DONTROUTE', true, 'The flag for everything that this socket sends:')
    connect('a way by a gateway does not count any more.')
    return 'MSG_DONTROUTE is for routing daemons and for what must not leave the network; TTL 1 does nearly the same.'
  },
}
