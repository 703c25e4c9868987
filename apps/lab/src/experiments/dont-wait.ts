import { MSG } from '@sockyard/posix/message-flags'

import type { Experiment } from '../experiment.ts'
import type { LabSocket } from '../lab-socket.ts'
import { selectStep } from '../select-step.ts'
import { unixPair } from '../sockets.ts'

export const dontWait: Experiment = {
  name: 'dont-wait',
  summary: 'MSG_DONTWAIT: one call that does not wait, on a socket that does',
  play(lab) {
    const [first, second] = unixPair(lab, 'stream', 'Two sockets, connected from the start.')
    second.recv(100, 'Nothing is there: EAGAIN instead of waiting.', ['DONTWAIT'])
    first.send('hello', 'Now something is on its way.')
    selectStep(lab, { read: [second] }, 'select() waits until it is there.')
    second.recv(100, 'So this need not wait.', ['DONTWAIT'])
    fill(first)
    first.send('x', 'The room is full: this, too, says EAGAIN.', ['DONTWAIT'])
    return 'The flag is for one call, O_NONBLOCK (fcntl) for all: EAGAIN means "not now", and select() tells when.'
  },
}

function fill(socket: LabSocket): void {
  const piece = new Uint8Array(65_536)
  let sent = 0
  socket.call(
    'send',
    ['65536 bytes', 'again and again', 'MSG_DONTWAIT'],
    'Nobody reads, so the kernel keeps this much.',
    () => {
      for (;;) {
        const taken = socket.native.send(piece, MSG.DONTWAIT)
        if (taken === undefined) return { returned: sent, got: 'bytes in all' }
        sent += taken
      }
    },
  )
}
