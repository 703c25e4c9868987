import { datagramVerdict, LoopDetector, RateLimiter } from '@sockyard/net/access'
import { sourceAddress } from '@sockyard/net/address'
import { type Datagrams, UdpServer, type UdpSocket } from '@sockyard/net/udp'
import { encodeTime, formatDaytime } from '@sockyard/protocol/daytime'
import { exportUdpServer } from '@sockyard/service/metrics'

import type { InetdContext, Listener, Place, Service } from './service.ts'

/** Answers datagrams by an internal service: echo, discard, daytime or time. */
export async function openDatagramListener(
  service: Service,
  { address: host, port: asked, family }: Place,
  context: InetdContext,
): Promise<Listener> {
  const { log, metrics, filter, options } = context
  const rules = rulesOf(service, context)
  const server = new UdpServer({
    port: asked,
    host,
    family,
    engine: options.engine,
    log: log.child({ service: service.definition.label }),
    onDatagrams(datagrams, socket) {
      for (let index = 0; index < datagrams.count; index += 1) {
        const verdict = datagramVerdict(datagrams, index, rules)
        if (verdict === 'permitted') serve(service, datagrams, index, socket, context)
        else reject(service, datagrams, index, verdict, context)
      }
    },
  })
  exportUdpServer(metrics, server)
  const { port } = await server.start()
  filter.addOwnPort(port)
  return {
    port,
    async stop(drained) {
      await server.stop(drained)
      filter.removeOwnPort(port)
    },
  }
}

function rulesOf({ definition }: Service, { options, addresses, filter }: InetdContext) {
  const { entry, run } = definition
  const { perMinute } = entry.limits
  const limiter = new RateLimiter(
    perMinute === undefined
      ? { perSecond: options.rateLimit }
      : { perSecond: perMinute / 60, burst: perMinute },
  )
  // What daytime and time answer is another thing each second.
  const loops = new LoopDetector({ comparePayload: run.internal === 'echo' })
  return { filter, access: addresses, limiter, loops }
}

function reject(
  { label }: Service,
  datagrams: Datagrams,
  index: number,
  reason: string,
  { counters, limited }: InetdContext,
): void {
  counters.rejected(label, reason)
  const address = sourceAddress(datagrams, index)
  const from = { address, port: datagrams.sourcePort(index) }
  limited.info({ service: label, ...from, reason }, 'refused')
}

/** Discard says nothing, and chargen is never served over UDP. */
function serve(
  { label, definition }: Service,
  datagrams: Datagrams,
  index: number,
  socket: UdpSocket,
  { counters, now }: InetdContext,
): void {
  counters.started(label)
  const name = definition.run.internal
  if (name === 'echo') socket.echo(datagrams, index)
  if (name === 'daytime') socket.reply(datagrams, index, Buffer.from(formatDaytime(now())))
  if (name === 'time') socket.reply(datagrams, index, encodeTime(now()))
}
