import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { fileFunctions } from '@sockyard/posix/process'
import { MSG, type InternetAddress, NativeSocket } from '@sockyard/posix/socket'

import { LabSocket, placeText } from '../lab-socket.ts'
import type { Experiment, Lab } from '../lab.ts'
import { tcpPair, udpPair, selectStep, unixPair, addressOf, LOOPBACK } from '../sockets.ts'

export const peek: Experiment = {
  name: 'peek',
  summary: 'MSG_PEEK reads without removing the data',
  play(lab) {
    const { client, server } = tcpPair(lab)
    client.send('hello', 'Five bytes go over TCP.')
    server.recv(3, 'The first three bytes, left in the buffer …', ['PEEK'])
    server.recv(100, '… and all five: they are still there.', ['PEEK'])
    server.recv(100, 'Now they are removed.')
    server.recv(100, 'The buffer is empty, and this call does not block.', ['DONTWAIT'])
    const datagrams = udpPair(lab)
    datagrams.client.send('x'.repeat(700), 'A datagram whose length the receiver does not know.')
    datagrams.server.recv(0, 'The length of the next one, with a buffer of 0 bytes.', [
      'PEEK',
      'TRUNC',
    ])
    datagrams.server.recv(700, 'A buffer of that size is enough.')
    return 'Peeked data is there for the next recv: a program can read a header before it decides.'
  },
}

/** Three writes with a pause between them, by another process: this one waits in recv meanwhile. */
const PARTS = 'printf wait; sleep 0.05; printf until; sleep 0.05; printf full'

export const waitAll: Experiment = {
  name: 'wait-all',
  summary: 'MSG_WAITALL blocks until the buffer is full; recv without it returns what is there',
  async play(lab) {
    const plain = tcpPair(lab)
    await writeInParts(lab, plain.client)
    const first = plain.server.recv(13, 'Without the flag: what is there, here the first write.')
    plain.server.recv(13 - first, 'The rest, with the flag.', ['WAITALL'])
    const all = tcpPair(lab)
    await writeInParts(lab, all.client)
    all.server.recv(13, 'With it: all three, in one call.', ['WAITALL'])
    all.client.send('end', 'Less than asked for,')
    all.client.shutdown('writing', 'and then the end:')
    all.server.recv(13, 'the end of the stream ends the call, as an error or a signal does.', [
      'WAITALL',
    ])
    return 'For a message of known length MSG_WAITALL saves the loop around recv; a short result is still possible.'
  },
}

/** Starts the other process; it keeps running while recv blocks this one, and ends by itself. */
async function writeInParts(lab: Lab, client: LabSocket): Promise<void> {
  const child = spawn('sh', ['-c', PARTS], {
    stdio: ['ignore', client.native.descriptor, 'ignore'],
  })
  await once(child, 'spawn')
  const call = {
    who: 'child',
    call: 'write',
    arguments: ['"wait", "until", "full"'],
    why: 'A child process has the client socket as standard output, and writes in three parts.',
  }
  lab.step(call, () => 13)
}

export const outOfBand: Experiment = {
  name: 'out-of-band',
  summary: 'MSG_OOB: one urgent byte, out of band or inline (SO_OOBINLINE)',
  play(lab) {
    beside(lab)
    inline(lab)
    return 'TCP has one urgent byte at a time, no second channel (RFC 6093 asks new programs not to use it).'
  },
}

function beside(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  sendUrgent(lab, client, server)
  server.recv(1, 'The urgent byte is read out of band, before the data sent first.', ['OOB'])
  server.recv(1, 'There is only one.', ['OOB'])
  server.recv(100, 'A recv stops where the urgent byte was …')
  mark(server, '… and this confirms it: the read position is at the mark.')
  server.recv(100, 'The stream goes on without that byte.')
}

function inline(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  server.setsockopt('SO_OOBINLINE', true, 'Now the same with the urgent byte left in the stream.')
  sendUrgent(lab, client, server)
  server.recv(1, 'It cannot be read out of band.', ['OOB'])
  server.recv(100, 'The data before it;')
  mark(server, 'the next byte is the urgent one.')
  server.recv(100, 'It is in its place in the stream.')
}

function sendUrgent(lab: Lab, client: LabSocket, server: LabSocket): void {
  client.send('ab', 'Two bytes,')
  client.send('!', 'one urgent byte,', ['OOB'])
  client.send('cd', 'and two more.')
  selectStep(lab, { except: [server] }, 'Urgent data is an "exception" of select().')
}

function mark(socket: LabSocket, why: string): void {
  socket.call('sockatmark', [], why, () => fileFunctions.sockatmark(socket.native.descriptor))
}

export const truncate: Experiment = {
  name: 'truncate',
  summary: 'MSG_TRUNC returns the real length of a datagram that did not fit',
  play(lab) {
    const { client, server } = udpPair(lab)
    client.send('a'.repeat(100), 'A datagram of 100 bytes.')
    client.send('b'.repeat(100), 'A second one.')
    client.send('next', 'And a third.')
    server.recv(10, 'Ten bytes of the first; nothing says that 90 are lost.')
    server.recv(10, 'Ten bytes of the second, and its real length.', ['TRUNC'])
    server.recv(10, 'The third, whole: the rest of the others was discarded.')
    const stream = tcpPair(lab)
    stream.client.send('skip this', 'Over TCP it means something else (tcp(7)):')
    stream.server.recv(5, 'five bytes are discarded, the buffer is not written.', ['TRUNC'])
    stream.server.recv(10, 'The rest of the stream is still there.')
    return 'The part of a datagram that does not fit is lost; MSG_TRUNC reports the length (on Linux also for UDP, not for packet sockets only).'
  },
}

export const dontWait: Experiment = {
  name: 'dont-wait',
  summary: 'MSG_DONTWAIT: one call that does not block, on a blocking socket',
  play(lab) {
    const [first, second] = unixPair(lab, 'stream', 'Two sockets, connected from the start.')
    second.recv(100, 'The buffer is empty: EAGAIN instead of blocking.', ['DONTWAIT'])
    first.send('hello', 'Now there is data.')
    selectStep(lab, { read: [second] }, 'select() waits until it arrives.')
    second.recv(100, 'So this does not block.', ['DONTWAIT'])
    fill(first)
    first.send('x', 'The buffers are full: EAGAIN as well.', ['DONTWAIT'])
    return 'The flag is for one call, O_NONBLOCK (fcntl) for all: EAGAIN means "not now", and select() says when.'
  },
}

function fill(socket: LabSocket): void {
  const piece = new Uint8Array(65_536)
  let sent = 0
  socket.call(
    'send',
    ['65536 bytes', 'repeatedly', 'MSG_DONTWAIT'],
    'The peer does not read, so the kernel buffers this much.',
    () => {
      for (;;) {
        const taken = socket.native.send(piece, MSG.DONTWAIT)
        if (taken === undefined) return { returned: sent, got: 'bytes in all' }
        sent += taken
      }
    },
  )
}

/**
 * An address for documentation (RFC 5737). Nothing is sent there: connect() of a UDP socket
 * looks up the route only.
 */
const ELSEWHERE: InternetAddress = { ...LOOPBACK, bytes: Uint8Array.of(198, 51, 100, 1), port: 9 }

export const dontRoute: Experiment = {
  name: 'dont-route',
  summary: 'MSG_DONTROUTE sends only to hosts on directly connected networks',
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
    connect('Is there a route to a remote address? Over UDP this only looks it up.')
    client.setsockopt('SO_DONTROUTE', true, 'The flag for everything this socket sends:')
    connect('a route through a gateway is not used any more.')
    return 'MSG_DONTROUTE is for routing daemons and for what must not leave the network; TTL 1 does nearly the same.'
  },
}

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
    second.recv(2, 'and a part of the next: the rest of the record is discarded.')
    second.recv(100, 'So the buffer is empty.', ['DONTWAIT'])
    const { client, server } = tcpPair(lab)
    client.send('one', 'TCP takes the flag …', ['EOR'])
    client.send('two', '… for a hint about segments.', ['EOR'])
    server.recv(100, 'The receiver sees bytes.')
    return 'A seqpacket socket keeps records by itself, a stream never; SCTP, which has both, is apps/sctp-echo.'
  },
}
