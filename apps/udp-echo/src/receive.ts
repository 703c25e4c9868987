import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { networkError } from '@sockyard/service/errors'
import { createMessageReport } from '@sockyard/service/message-report'

import type { ReceiveOptions } from './message-config.ts'

/** A reader of our output that is slower than the datagrams misses some: nothing is kept for it beyond this. */
const MAXIMUM_UNREAD_BYTES = 1024 * 1024

/** Shows each datagram, whole, and answers none. */
export async function receive(context: CommandContext<ReceiveOptions>): Promise<number> {
  const { options, signal, stdout, log } = context
  const report = createMessageReport(stdout, options.json)
  const socket = await bind(options)
  const { address, port } = socket.address()
  report.start({ transport: 'udp', address, port })
  let [taken, dropped] = [0, 0]
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
    if (taken === options.count) return
    if (stdout.writableLength > MAXIMUM_UNREAD_BYTES) dropped += 1
    else report.received(from, bytes)
    taken += 1
    if (taken === options.count) resolve()
  })
  signal.addEventListener('abort', () => resolve(), { once: true })
  await enough
  socket.close()
  if (dropped > 0) log.warn({ dropped }, 'datagrams not shown: the reader is too slow')
  report.end()
  return 0
}

async function bind(options: ReceiveOptions): Promise<Socket> {
  const { host, port } = options
  const family = ipFamily(options)
  const isIpv4 = family === 4 || /^[\d.]+$/.test(host)
  const address = isIpv4 && host === '::' ? '0.0.0.0' : host
  const socket = createSocket({ type: isIpv4 ? 'udp4' : 'udp6', ipv6Only: family === 6 })
  try {
    socket.bind(port, address)
    await once(socket, 'listening')
    socket.on('error', () => {})
    return socket
  } catch (error) {
    socket.close()
    throw networkError(error, address, port)
  }
}
