import { spawn } from 'node:child_process'
import { once } from 'node:events'

import type { Experiment } from '../experiment.ts'
import type { LabSocket } from '../lab-socket.ts'
import type { Lab } from '../lab.ts'
import { tcpPair } from '../sockets.ts'

/** Three writes with a pause between them, by another process: this one waits in recv meanwhile. */
const SPEAK = 'printf wait; sleep 0.05; printf until; sleep 0.05; printf full'

export const waitAll: Experiment = {
  name: 'wait-all',
  summary: 'MSG_WAITALL waits until the memory is full; recv without it takes what is there',
  async play(lab) {
    const plain = tcpPair(lab)
    await speak(lab, plain.client)
    const first = plain.server.recv(
      13,
      'Without the flag: whatever is there, here the first write.',
    )
    plain.server.recv(13 - first, 'The rest, by the flag.', ['WAITALL'])
    const all = tcpPair(lab)
    await speak(lab, all.client)
    all.server.recv(13, 'With it: all three, in one call.', ['WAITALL'])
    all.client.send('end', 'Less than asked for,')
    all.client.shutdown('writing', 'and then the end:')
    all.server.recv(
      13,
      'the end of the stream ends the waiting, too. So do an error and a signal.',
      ['WAITALL'],
    )
    return 'For a message of known length MSG_WAITALL saves the loop around recv; who reads less must still be ready for it.'
  },
}

/** Starts the other process; it lives on while recv blocks this one, and ends by itself. */
async function speak(lab: Lab, client: LabSocket): Promise<void> {
  const child = spawn('sh', ['-c', SPEAK], {
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
