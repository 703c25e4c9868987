import type { Experiment } from '../experiment.ts'
import { tcpPair, unixPair } from '../sockets.ts'

export const endOfRecord: Experiment = {
  name: 'end-of-record',
  summary: 'MSG_EOR ends a record where the protocol has records',
  play(lab) {
    const [first, second] = unixPair(
      lab,
      'seqpacket',
      'A connection that keeps records (SOCK_SEQPACKET).',
    )
    first.send('one', 'A record,', ['EOR'])
    first.send('two', 'and another.', ['EOR'])
    second.recv(100, 'One record,')
    second.recv(2, 'and a part of the next: a record is taken at once, the rest is gone.')
    second.recv(100, 'So nothing is left.', ['DONTWAIT'])
    const { client, server } = tcpPair(lab)
    client.send('one', 'TCP takes the flag …', ['EOR'])
    client.send('two', '… for a hint about segments.', ['EOR'])
    server.recv(100, 'The receiver sees bytes.')
    return 'A seqpacket socket keeps records by itself, a stream never; SCTP, which has both, is apps/sctp-echo.'
  },
}
