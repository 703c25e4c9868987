import { Socket } from 'node:net'

import { SystemCallError } from '@sockyard/posix/ffi'
import { passDescriptor } from '@sockyard/posix/process'
import { NativeSocket } from '@sockyard/posix/socket'

import type { AcceptedConnection } from '../tcp/engine.ts'
import { encodePeer, type WorkerMessage, type WorkerSettings } from './worker-messages.ts'
import { WorkerProcess } from './worker-process.ts'

/** A way to give connections to processes that were started before. */
export interface Handover {
  readonly launch: (index: number, onMessage: (message: WorkerMessage) => void) => WorkerProcess
  ended(index: number): void
  /** @returns what the worker calls it when it has closed; undefined when the worker takes none now */
  pass(index: number, accepted: AcceptedConnection): string | undefined
}

/** sendmsg(2) and recvmsg(2) with SCM_RIGHTS, over a pair of Unix sockets for each worker. */
export function nativeHandover(settings: WorkerSettings): Handover {
  const module = new URL('native-worker.ts', import.meta.url)
  const channels = new Map<number, NativeSocket>()
  return {
    launch(index, onMessage) {
      const [mine, theirs] = NativeSocket.pair({ type: 'seqpacket', nonBlocking: true })
      channels.set(index, mine)
      const source = { ...settings, source: 'channel' } as const
      const socket = theirs.descriptor
      const worker = new WorkerProcess({ module, settings: source, socket, onMessage })
      theirs.close()
      return worker
    },
    ended(index) {
      channels.get(index)?.close()
      channels.delete(index)
    },
    pass(index, { socket, address, port }) {
      const channel = channels.get(index)
      if (channel === undefined || socket instanceof Socket) return undefined
      try {
        const bytes = encodePeer({ address, port })
        if (passDescriptor(channel, socket.descriptor, bytes) === undefined) return undefined
      } catch (error) {
        if (error instanceof SystemCallError) return undefined
        throw error
      }
      socket.close()
      return address
    },
  }
}

/** Node's own handle passing, over the channel that a child process has. */
export function nodeHandover(settings: WorkerSettings): Handover {
  const module = new URL('node-worker.ts', import.meta.url)
  const workers = new Map<number, WorkerProcess>()
  /** Of each worker, what is on its way to it, by number. */
  const onTheWay = new Map<number, Map<number, Socket>>()
  let passed = 0
  return {
    launch(index, onMessage) {
      const sockets = new Map<number, Socket>()
      const worker = new WorkerProcess({
        module,
        settings,
        onMessage(message) {
          if (message.kind !== 'taken') return onMessage(message)
          sockets.get(message.id)?.destroy()
          sockets.delete(message.id)
        },
      })
      onTheWay.set(index, sockets)
      workers.set(index, worker)
      return worker
    },
    ended(index) {
      workers.delete(index)
      // What it had not taken would stay open, and its client would wait without end.
      for (const socket of onTheWay.get(index)?.values() ?? []) socket.destroy()
    },
    pass(index, { socket }) {
      const worker = workers.get(index)
      if (worker === undefined || !(socket instanceof Socket)) return undefined
      const id = (passed += 1)
      onTheWay.get(index)?.set(id, socket)
      worker.pass({ id }, socket)
      return String(id)
    },
  }
}
