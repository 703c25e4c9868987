import { datagramVerdict, LoopDetector, RateLimiter } from '@sockyard/net/access'
import { sourceAddress } from '@sockyard/net/address'
import { type Datagrams, UdpServer, type UdpSocket } from '@sockyard/net/udp'
import { encodeTime, formatDaytime } from '@sockyard/protocol/daytime'
import { exportUdpServer } from '@sockyard/service/metrics'

import type { InternalName } from '../configuration/host-lookups.ts'
import type { InetdContext, Listener, Place, Service } from './service.ts'

/** Answers datagrams by an internal service: echo, discard, daytime or time. */
export async function openDatagramListener(
  service: Service,
  { address: host, port: asked, family }: Place,
  context: InetdContext,
): Promise<Listener> {
  const { entry, label } = service.definition
  const { log, limited, metrics, counters, addresses: access, filter, options, now } = context
  const { perMinute } = entry.limits
  const limiter = new RateLimiter(
    perMinute === undefined
      ? { perSecond: options.rateLimit }
      : { perSecond: perMinute / 60, burst: perMinute },
  )
  // What daytime and time answer is another thing each second.
  const loops = new LoopDetector({ comparePayload: service.definition.run.internal === 'echo' })
  const rules = { filter, access, limiter, loops }
  const server = new UdpServer({
    port: asked,
    host,
    family,
    engine: options.engine,
    log: log.child({ service: label }),
    onDatagrams(datagrams, socket) {
      for (let index = 0; index < datagrams.count; index += 1) {
        const reason = datagramVerdict(datagrams, index, rules)
        if (reason === 'permitted') {
          counters.started(service.label)
          answer(service.definition.run.internal, datagrams, index, socket, now)
        } else {
          counters.rejected(service.label, reason)
          const address = sourceAddress(datagrams, index)
          const from = { address, port: datagrams.sourcePort(index) }
          limited.info({ service: service.label, ...from, reason }, 'refused')
        }
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

/** Discard says nothing, and chargen is never served over UDP. */
function answer(
  name: InternalName | undefined,
  datagrams: Datagrams,
  index: number,
  socket: UdpSocket,
  now: () => bigint,
): void {
  if (name === 'echo') socket.echo(datagrams, index)
  if (name === 'daytime') socket.reply(datagrams, index, Buffer.from(formatDaytime(now())))
  if (name === 'time') socket.reply(datagrams, index, encodeTime(now()))
}
