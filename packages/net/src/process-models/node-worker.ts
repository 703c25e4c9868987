import { Socket } from 'node:net'
import process from 'node:process'

import { ConnectionLimiter } from '../access/connection-limiter.ts'
import { acceptedConnection, NodeEngine } from '../tcp/node-engine.ts'
import { TcpCounters } from '../tcp/tcp-counters.ts'
import { onCommand, postToParent, reportCounts, type WorkerSettings } from './worker-messages.ts'
import { WorkerRegistry } from './worker-registry.ts'

/*
 * Serves connections that the parent has accepted, and hands over. It imports little: `spawn` starts many of it.
 */

const settings = JSON.parse(process.argv[2] ?? '') as WorkerSettings
const counters = new TcpCounters()
const finish = reportCounts(process, counters)
let nextId = 0
const worker = await WorkerRegistry.create(settings, {
  engine: new NodeEngine(),
  // The parent has checked them.
  limiter: new ConnectionLimiter({
    total: Number.MAX_SAFE_INTEGER,
    perAddress: Number.MAX_SAFE_INTEGER,
  }),
  budget: undefined,
  counters,
  nextId: () => nextId,
  post: postToParent,
  onClosed: ({ id }) => closed(id),
})

function accept(socket: Socket, id: number): void {
  nextId = id
  const accepted = acceptedConnection(socket)
  if (accepted === undefined) closed(id)
  else worker.registry.accept(accepted)
}

function closed(id: number): void {
  postToParent({ kind: 'closed', name: String(id) })
}

onCommand(process, (command) => worker.run(command))
process.on('message', (message: { id: number } | string, handle) => {
  if (typeof message !== 'object') return
  postToParent({ kind: 'taken', id: message.id })
  if (handle instanceof Socket) {
    handle.allowHalfOpen = true
    accept(handle.setNoDelay(true), message.id)
  } else closed(message.id)
})
postToParent({ kind: 'ready' })
await worker.ended
finish()
