import { createAddressList } from '@sockyard/service/address-list'
import { DatagramRates } from '@sockyard/service/datagram-rates'
import { limitLog } from '@sockyard/service/limited-log'
import { createSourceRules } from '@sockyard/service/source-rules'
import { createUdpEndpoint } from '@sockyard/service/udp-endpoint'

import type { EchoEngine, EngineParts } from './echo-engine.ts'
import { VerdictNumbers } from './verdict-numbers.ts'
import { type Rules, verdictOf } from './verdict.ts'

/** Echoes with node:dgram, one datagram an event: works everywhere. */
export function createDgramEngine({
  options,
  inherited,
  log,
  metrics,
  family,
  counted,
}: EngineParts): EchoEngine {
  const { host, port, rateLimit: perSecond, maxSources: maximumSources } = options
  const numbers = new VerdictNumbers()
  counted.push(numbers)
  const limited = limitLog(log)
  const rates = new DatagramRates({ perSecond, maximumSources })
  const rules: Rules = {
    refusedSource: createSourceRules({ port }),
    addresses: createAddressList(options),
    take: (address) => rates.takeFrom(address, performance.now()),
  }
  const endpoint = createUdpEndpoint({
    port,
    host,
    family,
    inherited,
    receiveBufferBytes: options.receiveBuffer,
    maximumQueue: options.maxQueue,
    log,
    metrics,
    onDatagram(bytes, source) {
      const verdict = verdictOf(source, rules)
      numbers.count(verdict)
      if (verdict === 'answered') endpoint.send(bytes, source.port, source.address)
      else limited.info({ ...source, bytes: bytes.length, reason: verdict }, 'not answered')
    },
  })
  return {
    async start() {
      const bound = await endpoint.start()
      rules.refusedSource = createSourceRules({ port: bound.port })
    },
    stop: (drained) => endpoint.stop(drained),
  }
}
