import type { Experiment } from '../experiment.ts'
import { tcpPair, udpPair } from '../sockets.ts'

export const peek: Experiment = {
  name: 'peek',
  summary: 'MSG_PEEK reads without taking',
  play(lab) {
    const { client, server } = tcpPair(lab)
    client.send('hello', 'Five bytes go over TCP.')
    server.recv(3, 'A look at the first three …', ['PEEK'])
    server.recv(100, '… and at all: they are still there.', ['PEEK'])
    server.recv(100, 'Now they are taken.')
    server.recv(100, 'Nothing is left, and this call was told not to wait.', ['DONTWAIT'])
    const datagrams = udpPair(lab)
    datagrams.client.send('x'.repeat(700), 'A datagram whose length the receiver does not know.')
    datagrams.server.recv(0, 'How long is the next one? With no memory at all.', ['PEEK', 'TRUNC'])
    datagrams.server.recv(700, 'Memory of that size is enough.')
    return 'What was peeked at is there for the next recv: a program can look at a header before it decides.'
  },
}
