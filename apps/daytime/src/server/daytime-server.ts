import { servicePorts } from '@sockyard/catalog'
import {
  AccessList,
  LocalPeerCounter,
  LoopDetector,
  RateLimiter,
  SourceFilter,
} from '@sockyard/net/access'
import { SharedCounters } from '@sockyard/net/udp'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportCounts } from '@sockyard/service/metrics'
import { ipFamily } from '@sockyard/service/options'

import type { ServeOptions } from '../config.ts'
import { type Part, type PartContext, serviceOf, SERVICES, VERDICTS } from './services.ts'
import { createTcpService } from './tcp-service.ts'
import { createUdpService } from './udp-service.ts'

/** Daytime (RFC 867) and time (RFC 868), each over TCP and UDP, or what of it we were started with. */
export function createDaytimeServer(context: ServiceContext<ServeOptions>): Service {
  const { options, activation, metrics } = context
  const started: Part[] = []
  const { port, timePort, rateLimit: perSecond, maxSources: maximumSources } = options
  // The ports of both services: forged datagrams must not make one ask the other.
  const filter = new SourceFilter({ ownPorts: [...servicePorts(), port, timePort] })
  const limiter = new RateLimiter({ perSecond, maximumSources })
  // Any payload is a request, and the answer is another one each second.
  const loops = new LoopDetector({ comparePayload: false })
  const rules = { filter, access: new AccessList(options), limiter, loops }
  const counts = new SharedCounters(VERDICTS)
  exportCounts(metrics, {
    name: 'sockyard_daytime_verdicts_total',
    help: 'Datagrams received, by verdict',
    label: 'verdict',
    read: () => counts.entries(),
  })
  const partContext: PartContext = {
    ...context,
    family: ipFamily(options),
    rules,
    peers: new LocalPeerCounter(),
    counts,
  }
  const open = async (part: Part): Promise<void> => {
    started.push(part)
    filter.addOwnPort(await part.start())
  }
  return {
    async start() {
      for (const name of SERVICES) {
        const passed = activation.where((socket) => serviceOf(socket, options) === name)
        const isOwn = activation.isEmpty
        if (isOwn || passed.has('listener', 'connection'))
          await open(createTcpService(partContext, name, passed))
        if (isOwn) await open(createUdpService(partContext, name, passed))
        while (passed.has('datagram')) await open(createUdpService(partContext, name, passed))
      }
    },
    stop: async (drained) => void (await Promise.all(started.map((part) => part.stop(drained)))),
  }
}
