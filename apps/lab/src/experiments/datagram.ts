import type { Experiment } from '../experiment.ts'
import { LabSocket } from '../lab-socket.ts'
import { placeText } from '../notation.ts'
import { addressOf, LOOPBACK } from '../sockets.ts'

const UDP = { family: 'IPv4', type: 'datagram', protocol: 17 } as const

/** A request and its answer over UDP: no listen, no accept, an address with every datagram. */
export const datagram: Experiment = {
  name: 'datagram',
  summary: 'a UDP request and its answer: an address with every datagram, no connection',
  play(lab) {
    const server = LabSocket.open(lab, 'server', UDP, 'A UDP endpoint.')
    server.call('bind', [placeText(LOOPBACK)], 'Its clients must know where it is.', () => {
      server.native.bind(LOOPBACK)
      return 0
    })
    const client = LabSocket.open(lab, 'client', UDP, 'No connect(): sendto() says where to.')
    client.sendto(
      'bonjour',
      addressOf(server.native),
      'One message; the kernel picks a port for us.',
    )
    const from = server.recvfrom(100, 'It tells who sent it: nothing else does.')
    server.sendto('BONJOUR', from, 'The answer goes to that address.')
    client.recvfrom(100, 'Whoever knows our port could have sent this: look at the address.')
    client.call(
      'connect',
      [placeText(addressOf(server.native))],
      'Nothing is sent: from now on only that peer counts.',
      () => (client.native.connect(addressOf(server.native)) ? 0 : undefined),
    )
    server.close('The server goes away without a word: UDP has none.')
    client.send('anybody?', 'It goes out all the same.')
    client.recv(100, 'ICMP "port unreachable" came back; only a connected socket is told.')
    return 'UDP has no connection: bind on one side, sendto and recvfrom on both.'
  },
}
