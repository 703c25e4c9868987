import { Socket } from 'node:net'

import { NativeSocket } from '@sockyard/posix/native-socket'
import { passDescriptor } from '@sockyard/posix/pass-descriptor'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import type { ServiceContext } from '@sockyard/service/server-command'

import type { ServeOptions } from '../config.ts'
import { engineRules, workerRules } from './engine-rules.ts'
import type { Visitor } from './front-door.ts'
import type { News, NodeRules } from './messages.ts'
import { WorkerProcess } from './worker-process.ts'

/** A way to give connections to processes that were started before. */
export interface Handover {
  readonly launch: (index: number, onNews: (news: News) => void) => WorkerProcess
  ended(index: number): void
  /**
   * @param peer by which the visitor is counted
   * @returns what the worker will call it when it leaves; undefined when it takes none now
   */
  pass(index: number, visitor: Visitor, peer: string): string | undefined
}

type Context = Pick<ServiceContext<ServeOptions>, 'options' | 'log'>

/** sendmsg(2) and recvmsg(2) with SCM_RIGHTS, over a pair of Unix sockets for each worker. */
export function nativeHandover(context: Context, workers: number): Handover {
  const module = new URL('engine-worker.ts', import.meta.url)
  const rules = engineRules(context, workers)
  const channels = new Map<number, NativeSocket>()
  const oneByte = new Uint8Array(1)
  return {
    launch(index, onNews) {
      const [mine, theirs] = NativeSocket.pair({ type: 'seqpacket', nonBlocking: true })
      channels.set(index, mine)
      const worker = new WorkerProcess({ module, rules, socket: theirs.descriptor, onNews })
      theirs.close()
      return worker
    },
    ended(index) {
      channels.get(index)?.close()
      channels.delete(index)
    },
    pass(index, { handle }, peer) {
      const channel = channels.get(index)
      if (channel === undefined || handle instanceof Socket) return undefined
      try {
        if (passDescriptor(channel, handle.descriptor, oneByte) === undefined) return undefined
      } catch (error) {
        if (error instanceof SystemCallError) return undefined
        throw error
      }
      handle.close()
      return peer
    },
  }
}

/** Node's own handle passing, over the channel that a child process has. */
export function nodeHandover({ options }: Context): Handover {
  const module = new URL('node-worker.ts', import.meta.url)
  const rules: NodeRules = { ...workerRules(options), isSingle: false }
  const workers = new Map<number, WorkerProcess>()
  let passed = 0
  return {
    launch(index, onNews) {
      const worker = new WorkerProcess({ module, rules, onNews })
      workers.set(index, worker)
      return worker
    },
    ended: (index) => void workers.delete(index),
    pass(index, { handle }) {
      const worker = workers.get(index)
      if (worker === undefined || !(handle instanceof Socket)) return undefined
      const id = (passed += 1)
      worker.pass({ id }, handle)
      return String(id)
    },
  }
}
