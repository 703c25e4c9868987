import { parentPort, workerData } from 'node:worker_threads'

import { Epoll, EPOLL } from '@sockyard/posix/epoll'
import { MSG } from '@sockyard/posix/message-flags'
import { NativeSocket } from '@sockyard/posix/native-socket'
import { SystemCallError } from '@sockyard/posix/system-call-error'

import { decodeWatch, WATCH_BYTES, type WatchMessage } from './readiness-message.ts'

/*
 * A thread that blocks in epoll_wait(2): Node's event loop cannot watch a socket without reading it. What to watch
 * comes over a socket of its own; when that ends, so does the thread.
 */

/** A process that exits waits for its threads: this one looks up so often. */
const LONGEST_WAIT_MILLIS = 1000

const control = NativeSocket.adopt(Number(workerData))
const epoll = new Epoll(64)
const memory = new Uint8Array(WATCH_BYTES)
const idOf = new Map<number, number>()

epoll.add(control.descriptor, EPOLL.IN)
while (step()) {
  // Until the other end of the control socket is closed.
}
epoll.close()
control.close()

function step(): boolean {
  const count = epoll.wait(LONGEST_WAIT_MILLIS)
  for (let index = 0; index < count; index += 1) {
    const descriptor = epoll.descriptor(index)
    if (descriptor !== control.descriptor) parentPort?.postMessage(idOf.get(descriptor), [])
    else if (!takeMessages()) return false
  }
  return true
}

/** @returns false at the end */
function takeMessages(): boolean {
  for (;;) {
    const length = control.receive(memory, MSG.DONTWAIT)
    if (length === undefined) return true
    if (length < WATCH_BYTES) return false
    watch(decodeWatch(memory))
  }
}

function watch({ descriptor, id }: WatchMessage): void {
  const events = EPOLL.IN | EPOLL.ONESHOT
  idOf.set(descriptor, id)
  try {
    epoll.modify(descriptor, events)
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error
    if (error.code === 'ENOENT') epoll.add(descriptor, events)
    // EBADF: it was closed meanwhile, so nobody waits for it.
    else if (error.code !== 'EBADF') throw error
  }
}
