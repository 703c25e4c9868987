import { sourceAddress } from '@sockyard/net/address'
import { type Datagrams, UdpServer } from '@sockyard/net/udp'
import { createMessageReport } from '@sockyard/probe/messages'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import type { ReceiveOptions } from '../config.ts'

/** Datagrams that come while so much output is unread are counted, and not shown. */
const MAXIMUM_UNREAD_BYTES = 1024 * 1024

/** Shows each datagram, whole, and answers none. */
export async function receive(context: CommandContext<ReceiveOptions>): Promise<number> {
  const { options, signal, stdout, log } = context
  const report = createMessageReport(stdout, options.json)
  const { promise: complete, resolve } = Promise.withResolvers<void>()
  let [taken, dropped] = [0, 0]
  const show = (datagrams: Datagrams, index: number): void => {
    if (taken === options.count) return
    const address = sourceAddress(datagrams, index) ?? ''
    const from = { address, port: datagrams.sourcePort(index) }
    if (stdout.writableLength > MAXIMUM_UNREAD_BYTES) dropped += 1
    else report.received(from, datagrams.bytes(index))
    taken += 1
    if (taken === options.count) resolve()
  }
  const server = new UdpServer({
    port: options.port,
    host: options.host,
    family: ipFamily(options),
    engine: options.engine,
    log,
    onDatagrams(datagrams) {
      for (let index = 0; index < datagrams.count; index += 1) show(datagrams, index)
    },
  })
  const { address, port } = await server.start()
  report.start({ transport: 'udp', host: options.host, address, port })
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await complete
  await server.stop()
  if (dropped > 0) log.warn({ dropped }, 'datagrams not shown: the reader is too slow')
  report.end()
  return 0
}
