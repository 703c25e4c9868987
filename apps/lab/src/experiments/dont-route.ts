import { NativeSocket } from '@sockyard/posix/native-socket'
import type { InternetAddress } from '@sockyard/posix/socket-address'

import type { Experiment } from '../experiment.ts'
import { LabSocket } from '../lab-socket.ts'
import { addressOf, LOOPBACK } from '../sockets.ts'

/** Reserved for documentation (RFC 5737): nobody has it, and nothing of this leaves the machine. */
const ELSEWHERE: InternetAddress = { ...LOOPBACK, bytes: Uint8Array.of(192, 0, 2, 1), port: 9 }

export const dontRoute: Experiment = {
  name: 'dont-route',
  summary: 'MSG_DONTROUTE reaches only who is on a network of ours',
  play(lab) {
    const server = lab.owns(NativeSocket.open({ family: 'IPv4', type: 'datagram' }))
    server.bind(LOOPBACK)
    const kind = { family: 'IPv4', type: 'datagram' } as const
    const client = LabSocket.open(lab, 'client', kind, 'A UDP socket.')
    client.sendto('near', addressOf(server), 'This machine needs no gateway.', ['DONTROUTE'])
    client.sendto(
      'far',
      ELSEWHERE,
      'Only by a gateway, and that is not allowed: refused here, at once.',
      ['DONTROUTE'],
    )
    client.setsockopt('SO_DONTROUTE', true, 'The same for everything that this socket sends.')
    client.sendto('far', ELSEWHERE, 'Refused without the flag.')
    return 'MSG_DONTROUTE is for routing daemons and for what must not leave the network; TTL 1 does nearly the same.'
  },
}
