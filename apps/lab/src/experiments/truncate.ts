import type { Experiment } from '../experiment.ts'
import { tcpPair, udpPair } from '../sockets.ts'

export const truncate: Experiment = {
  name: 'truncate',
  summary: 'MSG_TRUNC tells how long a datagram was that did not fit',
  play(lab) {
    const { client, server } = udpPair(lab)
    client.send('a'.repeat(100), 'A datagram of 100 bytes.')
    client.send('b'.repeat(100), 'A second one.')
    client.send('next', 'And a third.')
    server.recv(10, 'Ten bytes of the first; nothing says that 90 are gone.')
    server.recv(10, 'Ten bytes of the second, and its real length.', ['TRUNC'])
    server.recv(10, 'The third, whole: the rest of the others did not stay.')
    const stream = tcpPair(lab)
    stream.client.send('skip this', 'Over TCP it means something else (tcp(7)):')
    stream.server.recv(5, 'five bytes are thrown away, the memory is not written.', ['TRUNC'])
    stream.server.recv(10, 'The rest of a stream stays.')
    return 'What does not fit is lost, datagram by datagram; MSG_TRUNC at least tells. (On Linux for UDP, too, not for packet sockets only.)'
  },
}
