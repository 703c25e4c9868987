import { passDescriptor, receiveDescriptors } from '@sockyard/posix/process'
import { type Descriptor, NativeSocket } from '@sockyard/posix/socket'

import { LabSocket, quote } from '../lab-socket.ts'
import type { Experiment } from '../lab.ts'
import { tcpPair, unixPair } from '../sockets.ts'

/** As the sendmsg() server and the recvmsg() worker do it: the descriptor goes before the worker asks for it. */
export const pass: Experiment = {
  name: 'pass',
  summary:
    'sendmsg() with SCM_RIGHTS passes an open socket over a socketpair(), recvmsg() receives it',
  play(lab) {
    const { client, server } = tcpPair(lab)
    const why = 'A server and its worker have one end each.'
    const [parent, worker] = unixPair(lab, 'stream', why)
    const note = Buffer.from('yours')
    const words = [quote(note), `SCM_RIGHTS {${server.native.descriptor}}`]
    parent.call(
      'sendmsg',
      words,
      "The descriptor of a client's connection, and a note with it.",
      () => passDescriptor(parent.native, server.native.descriptor, note),
    )
    server.close('The server is done with it; the message in flight keeps the connection open.')
    let passed: Descriptor | undefined
    worker.call(
      'recvmsg',
      ['100'],
      'The worker, when it has time: another number, the same connection.',
      () => {
        const memory = new Uint8Array(100)
        const message = receiveDescriptors(worker.native, memory)
        passed = message?.descriptors[0]
        if (message === undefined || passed === undefined) return undefined
        const got = `${quote(memory.subarray(0, message.length))} SCM_RIGHTS {${passed.number}}`
        return { returned: message.length, got }
      },
    )
    if (passed === undefined) return 'Nothing was passed.'
    const taken = new LabSocket(lab, 'worker', NativeSocket.adopt(passed.release()))
    client.send('hello', 'The client does not notice.')
    taken.recv(100, 'And the worker serves it.')
    taken.close('Now the last descriptor is closed,')
    client.recv(100, 'and the client sees the end.')
    return 'The server need not know which worker is free: the message waits until one calls recvmsg().'
  },
}
