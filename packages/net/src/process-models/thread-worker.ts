import { parentPort, workerData } from 'node:worker_threads'

import { NativeSocket } from '@sockyard/posix/socket'

import { AccessList } from '../access/access-list.ts'
import { ConnectionLimiter } from '../access/connection-limiter.ts'
import { DescriptorBudget, type DescriptorUse } from '../access/descriptor-budget.ts'
import { SharedPeerCounter } from '../access/peer-counter.ts'
import { EpollEngine } from '../tcp/epoll-engine.ts'
import { TcpCounters } from '../tcp/tcp-counters.ts'
import type { ThreadCommand, WorkerMessage, WorkerSettings } from './worker-messages.ts'
import { WorkerRegistry } from './worker-registry.ts'

/** What a thread is started with: all of it can be cloned or is shared. */
export interface ThreadSettings extends WorkerSettings {
  /** The descriptor of its listening socket, which becomes its own. */
  listener: number
  /** Of `TcpCounters`. */
  counters: SharedArrayBuffer
  /** Of `SharedPeerCounter`. */
  peers: SharedArrayBuffer
  /** Numbers connections in the order in which they are accepted, over all threads. */
  accepted: BigInt64Array
  limits: { total: number; perAddress: number; allow: readonly string[]; deny: readonly string[] }
}

const settings = workerData as ThreadSettings
const { limits, accepted } = settings
const counters = new TcpCounters(settings.counters)
/** One for all threads: what they may open is the process's. */
let budget: DescriptorBudget
const engine = new EpollEngine()
const post = (message: WorkerMessage): void => parentPort?.postMessage(message, [])
const worker = await WorkerRegistry.create(settings, {
  engine,
  limiter: new ConnectionLimiter(
    { ...limits, addresses: new AccessList(limits) },
    new SharedPeerCounter(settings.peers),
  ),
  budget: () => budget,
  counters,
  nextId: () => Number(Atomics.add(accepted, 0, 1n)) + 1,
  post,
})

function accept(use: DescriptorUse): void {
  budget = new DescriptorBudget(use)
  engine.acceptFrom(NativeSocket.adopt(settings.listener), {
    onAccept: (connection) => worker.registry.accept(connection),
    onAcceptFailed: (error) => worker.log.warn({ error: error.message }, 'accept failed'),
    onDropped: () => counters.rejected('dropped'),
  })
}

parentPort?.on('message', (command: ThreadCommand) => {
  if (typeof command === 'object') accept(command.accept)
  else worker.run(command)
})
post({ kind: 'ready' })
await worker.ended
parentPort?.close()
