import { Socket } from 'node:net'

import { NativeSocket } from '@sockyard/posix/native-socket'
import { passDescriptor } from '@sockyard/posix/pass-descriptor'
import { SystemCallError } from '@sockyard/posix/system-call-error'
import type { ServiceContext } from '@sockyard/service/server-command'

import type { ServeOptions } from '../config.ts'
import { engineRules, workerRules } from './engine-rules.ts'
import type { Visitor } from './front-door.ts'
import { encodeVisitor, type News, type NodeRules } from './messages.ts'
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
    pass(index, { handle, address, port }, peer) {
      const channel = channels.get(index)
      if (channel === undefined || handle instanceof Socket) return undefined
      try {
        if (
          passDescriptor(channel, handle.descriptor, encodeVisitor({ address, port })) === undefined
        )
          return undefined
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
  /** Of each worker, what is on its way to it, by number. */
  const onTheWay = new Map<number, Map<number, Socket>>()
  let passed = 0
  return {
    launch(index, onNews) {
      const sockets = new Map<number, Socket>()
      const worker = new WorkerProcess({
        module,
        rules,
        onNews(news) {
          if (news.kind !== 'taken') return onNews(news)
          sockets.get(news.id)?.destroy()
          sockets.delete(news.id)
        },
      })
      onTheWay.set(index, sockets)
      workers.set(index, worker)
      return worker
    },
    ended(index) {
      workers.delete(index)
      // What it had not taken would stay open, and its client would wait for ever.
      for (const socket of onTheWay.get(index)?.values() ?? []) socket.destroy()
    },
    pass(index, { handle }) {
      const worker = workers.get(index)
      if (worker === undefined || !(handle instanceof Socket)) return undefined
      const id = (passed += 1)
      onTheWay.get(index)?.set(id, handle)
      worker.pass({ id }, handle)
      return String(id)
    },
  }
}
