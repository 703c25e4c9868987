import { Socket } from 'node:net'
import process from 'node:process'

import { endSoon } from '@sockyard/service/end-soon'
import { unmapped } from '@sockyard/service/source-address'

import { echo, endWhenQuiet } from '../echo-stream.ts'
import { EngineCounts } from '../epoll/engine-counts.ts'
import { type NodeRules, SOCKET_DESCRIPTOR } from './messages.ts'
import { obey, reportCounts, tell } from './tell-parent.ts'

/*
 * Serves connections that the parent has accepted: the one that it was started with, or as many as are handed over.
 * It imports next to nothing, for a process a connection is started while a client waits.
 */

const KEEPALIVE = { enable: true, initialDelay: 30_000, interval: 5_000, count: 3 } as const
/** Nobody vanishes earlier, and only then native calls are loaded. */
const WATCH_AFTER_MILLIS = 10_000

const rules = JSON.parse(process.argv[2] ?? '') as NodeRules
const counts = new EngineCounts()
const finish = reportCounts(process, counts)
const connections = new Set<{ socket: Socket }>()
let isStopping = rules.isSingle

function serve(socket: Socket, id: number): void {
  const connection = { socket }
  const since = performance.now()
  const { remoteAddress = '', remotePort: port } = socket
  const address = unmapped(remoteAddress)
  socket.on('error', (error: NodeJS.ErrnoException) => counts.failed(error.code ?? 'OTHER'))
  socket.setNoDelay(true).setKeepAlive(KEEPALIVE)
  socket.setTimeout(rules.idleMillis, () => {
    counts.expired('idle')
    endSoon(socket)
  })
  counts.entered()
  connections.add(connection)
  socket.once('close', () => {
    const seconds = Math.round(performance.now() - since) / 1_000
    const { bytesRead: receivedBytes, bytesWritten: sentBytes } = socket
    counts.received(receivedBytes)
    counts.sent(sentBytes)
    counts.left(seconds)
    const fields = { id, address, port, receivedBytes, sentBytes, seconds }
    tell({ kind: 'line', level: 'info', fields, message: 'disconnected' })
    tell({ kind: 'left', peer: String(id) })
    connections.delete(connection)
    finishWhenDone()
  })
  echo(socket, rules.thinkMillis)
}

function finishWhenDone(): void {
  if (isStopping && connections.size === 0) finish()
}

async function watch(): Promise<void> {
  const { endVanishedPeers } = await import('@sockyard/service/vanished-peers')
  endVanishedPeers({
    connections,
    silenceMillis: rules.vanishedMillis,
    log: { warn: (fields, message) => tell({ kind: 'line', level: 'warn', fields, message }) },
    onVanished: ({ socket }) => {
      counts.expired('vanished')
      socket.destroy()
    },
  })
}

obey(process, (order) => {
  isStopping = true
  for (const { socket } of connections)
    if (order === 'stop') endWhenQuiet(socket, rules.thinkMillis)
    else socket.destroy()
  finishWhenDone()
})
setTimeout(() => void watch(), WATCH_AFTER_MILLIS).unref()
if (rules.isSingle) serve(new Socket({ fd: SOCKET_DESCRIPTOR, allowHalfOpen: true }), 0)
else
  process.on('message', (message: { id: number } | string, handle) => {
    if (typeof message !== 'object') return
    tell({ kind: 'taken', id: message.id })
    if (handle instanceof Socket) {
      handle.allowHalfOpen = true
      serve(handle, message.id)
    } else tell({ kind: 'left', peer: String(message.id) })
  })
tell({ kind: 'ready' })
