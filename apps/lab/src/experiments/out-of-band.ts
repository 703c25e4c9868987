import { fileFunctions } from '@sockyard/posix/file-functions'

import type { Experiment } from '../experiment.ts'
import type { LabSocket } from '../lab-socket.ts'
import type { Lab } from '../lab.ts'
import { selectStep } from '../select-step.ts'
import { tcpPair } from '../sockets.ts'

export const outOfBand: Experiment = {
  name: 'out-of-band',
  summary: 'MSG_OOB: one urgent byte, beside the stream or inline (SO_OOBINLINE)',
  play(lab) {
    beside(lab)
    inline(lab)
    return 'TCP has one urgent byte at a time, no second channel (RFC 6093 asks new programs not to use it).'
  },
}

function beside(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  speak(lab, client, server)
  server.recv(1, 'The urgent byte is taken beside the stream, before what was sent first.', ['OOB'])
  server.recv(1, 'There is one only.', ['OOB'])
  server.recv(100, 'A recv stops where the urgent byte was …')
  mark(server, '… and this says so: we stand at the mark.')
  server.recv(100, 'The stream goes on without that byte.')
}

function inline(lab: Lab): void {
  const { client, server } = tcpPair(lab)
  server.setsockopt('SO_OOBINLINE', true, 'Now the same with the urgent byte left in the stream.')
  speak(lab, client, server)
  server.recv(1, 'It cannot be had beside the stream.', ['OOB'])
  server.recv(100, 'What was sent before it;')
  mark(server, 'the next byte is the urgent one.')
  server.recv(100, 'It comes in its place.')
}

function speak(lab: Lab, client: LabSocket, server: LabSocket): void {
  client.send('ab', 'Two bytes,')
  client.send('!', 'one urgent byte,', ['OOB'])
  client.send('cd', 'and two more.')
  selectStep(lab, { except: [server] }, 'Urgent data is an "exception" of select().')
}

function mark(socket: LabSocket, why: string): void {
  socket.call('sockatmark', [], why, () => fileFunctions.sockatmark(socket.native.descriptor))
}
