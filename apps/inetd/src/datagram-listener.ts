import { encodeTime, formatDaytime } from '@sockyard/protocol/daytime'
import { createRateLimiter } from '@sockyard/service/rate-limiter'
import { createSourceRules } from '@sockyard/service/source-rules'
import { createUdpEndpoint } from '@sockyard/service/udp-endpoint'

import { datagramRefusal } from './datagram-verdict.ts'
import type { InternalName } from './internal-name.ts'
import type { Listener, Service } from './service.ts'
import type { Surroundings } from './surroundings.ts'

/** Answers datagrams by an internal service: echo, discard, daytime or time. */
export async function openDatagramListener(
  service: Service,
  address: string,
  surroundings: Surroundings,
): Promise<Listener> {
  const { entry, port: asked, label } = service.definition
  const { log, limited, metrics, tallies, addresses, ownPorts, options, now } = surroundings
  const limiter = createRateLimiter({
    perSecond:
      entry.limits.perMinute === undefined ? options.rateLimit : entry.limits.perMinute / 60,
    ...(entry.limits.perMinute !== undefined && { burst: entry.limits.perMinute }),
  })
  const rules = { refusedSource: createSourceRules({ port: asked }), ownPorts, addresses, limiter }
  const endpoint = createUdpEndpoint({
    port: asked,
    host: address,
    family: entry.family,
    log: log.child({ service: label }),
    metrics,
    onDatagram(bytes, source) {
      const reason = datagramRefusal(source, rules)
      if (reason !== undefined) {
        tallies.refused(service.label, reason)
        limited.info({ service: service.label, ...source, reason }, 'refused')
        return
      }
      tallies.started(service.label)
      const reply = answer(service.definition.run.internal, bytes, now)
      if (reply !== undefined) endpoint.send(reply, source.port, source.address)
    },
  })
  const { port } = await endpoint.start()
  ownPorts.add(port)
  return {
    async stop(drained) {
      await endpoint.stop(drained)
      ownPorts.delete(port)
    },
  }
}

/** Undefined when there is nothing to say: discard, and chargen, which UDP never gets. */
function answer(
  name: InternalName | undefined,
  bytes: Uint8Array,
  now: () => bigint,
): Uint8Array | undefined {
  if (name === 'echo') return bytes
  if (name === 'daytime') return Buffer.from(formatDaytime(now()))
  return name === 'time' ? encodeTime(now()) : undefined
}
