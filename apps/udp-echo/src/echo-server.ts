import { createAddressList } from '@sockyard/service/address-list'
import { ipFamily } from '@sockyard/service/common-options'
import { limitLog } from '@sockyard/service/limited-log'
import { createRateLimiter } from '@sockyard/service/rate-limiter'
import type { Service, ServiceContext } from '@sockyard/service/server-command'
import { createSourceRules } from '@sockyard/service/source-rules'
import { createUdpEndpoint } from '@sockyard/service/udp-endpoint'

import type { ServeOptions } from './config.ts'
import { createVerdictCounts } from './verdict-counts.ts'
import { type Rules, verdictOf } from './verdict.ts'

/** The echo service of RFC 862 over UDP: a datagram goes back to where it came from, byte for byte. */
export function createEchoServer({ options, log, metrics }: ServiceContext<ServeOptions>): Service {
  const { host, allow, deny, rateLimit: perSecond, maxSources: maximumSources } = options
  const counts = createVerdictCounts(metrics)
  const limited = limitLog(log)
  const rules: Rules = {
    refusedSource: createSourceRules({ port: options.port }),
    addresses: createAddressList({ allow, deny }),
    limiter: createRateLimiter({ perSecond, maximumSources }),
  }
  const endpoint = createUdpEndpoint({
    port: options.port,
    host,
    family: ipFamily(options),
    receiveBufferBytes: options.receiveBuffer,
    maximumQueue: options.maxQueue,
    log,
    metrics,
    onDatagram(bytes, source) {
      const verdict = verdictOf(source, rules)
      counts[verdict] += 1
      if (verdict === 'answered') endpoint.send(bytes, source.port, source.address)
      else limited.info({ ...source, bytes: bytes.length, reason: verdict }, 'not answered')
    },
  })
  return {
    async start() {
      const { port } = await endpoint.start()
      rules.refusedSource = createSourceRules({ port })
    },
    stop: (drained) => endpoint.stop(drained),
  }
}
