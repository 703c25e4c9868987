import process from 'node:process'

import { receiveDescriptors } from '@sockyard/posix/process'
import { NativeSocket } from '@sockyard/posix/socket'

import { AccessList } from '../access/access-list.ts'
import { ConnectionLimiter } from '../access/connection-limiter.ts'
import { descriptorBudget } from '../access/descriptor-budget.ts'
import type { AcceptedConnection } from '../tcp/engine.ts'
import { EpollEngine } from '../tcp/epoll-engine.ts'
import { TcpCounters } from '../tcp/tcp-counters.ts'
import {
  decodePeer,
  onCommand,
  postToParent,
  reportCounts,
  SOCKET_DESCRIPTOR,
  type WorkerSettings,
} from './worker-messages.ts'
import { WorkerRegistry } from './worker-registry.ts'

/** A process that accepts at a listening socket, or gets connections that its parent has accepted. */
type NativeWorkerSettings = WorkerSettings &
  (
    | { source: 'channel' }
    | {
        source: 'listener'
        limits: {
          total: number
          perAddress: number
          allow: readonly string[]
          deny: readonly string[]
        }
      }
  )

/** The parent has checked them. */
const UNLIMITED = { total: Number.MAX_SAFE_INTEGER, perAddress: Number.MAX_SAFE_INTEGER }

/** Room for the longest address and a port. */
const name = new Uint8Array(128)

/** The next connection that the parent has passed. */
function receiveConnection(channel: NativeSocket): AcceptedConnection | undefined {
  const passed = receiveDescriptors(channel, name)
  const [descriptor, ...others] = passed?.descriptors ?? []
  for (const other of others) other.close()
  if (passed === undefined || passed.length === 0) return undefined
  // A peer that has gone meanwhile has no address any more, and is to be counted all the same.
  const peer = decodePeer(name.subarray(0, passed.length))
  if (descriptor === undefined) {
    // The kernel has closed it, for this process has no descriptor left (unix(7)).
    postToParent({ kind: 'closed', name: peer.address })
    return undefined
  }
  return { socket: NativeSocket.adopt(descriptor.release()), ...peer }
}

const settings = JSON.parse(process.argv[2] ?? '') as NativeWorkerSettings
const counters = new TcpCounters()
const finish = reportCounts(process, counters)
const engine = new EpollEngine()
let accepted = 0
const isChannel = settings.source === 'channel'
const limits = isChannel
  ? UNLIMITED
  : { ...settings.limits, addresses: new AccessList(settings.limits) }
const worker = await WorkerRegistry.create(settings, {
  engine,
  limiter: new ConnectionLimiter(limits),
  budget: isChannel ? undefined : descriptorBudget,
  counters,
  nextId: () => (accepted += 1),
  post: postToParent,
  ...(isChannel && {
    onClosed: ({ address }) => postToParent({ kind: 'closed', name: address }),
  }),
})
engine.acceptFrom(
  NativeSocket.adopt(SOCKET_DESCRIPTOR),
  {
    onAccept: (connection) => worker.registry.accept(connection),
    onAcceptFailed: (error) => worker.log.warn({ error: error.message }, 'accept failed'),
    onDropped: () => counters.rejected('dropped'),
  },
  isChannel ? receiveConnection : undefined,
)
onCommand(process, (command) => {
  // Connections that were passed before the command may wait in the channel, and closing it would lose them.
  if (isChannel) engine.acceptWaiting()
  worker.run(command)
})
postToParent({ kind: 'ready' })
await worker.ended
finish()
