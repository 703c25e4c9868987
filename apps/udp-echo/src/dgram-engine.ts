import { createAddressList } from '@sockyard/service/address-list'
import { DatagramRates } from '@sockyard/service/datagram-rates'
import { limitLog } from '@sockyard/service/limited-log'
import { createSourceRules } from '@sockyard/service/source-rules'
import { createUdpEndpoint } from '@sockyard/service/udp-endpoint'

import type { EchoEngine, EngineParts } from './echo-engine.ts'
import { VerdictNumbers } from './verdict-numbers.ts'
import { type Rules, verdictOf } from './verdict.ts'

/**
 * Echoes with node:dgram, one datagram an event: works everywhere.
 *
 * @param answer is asked when a datagram may be answered; false: it is not, for everybody is busy
 */
export function createDgramEngine(
  { options, inherited, log, metrics, family, counted }: EngineParts,
  answer = (bytes: Buffer, send: (bytes: Uint8Array) => void): boolean => {
    send(bytes)
    return true
  },
): EchoEngine {
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
      const { port: to, address } = source
      const permission = verdictOf(source, rules)
      const isBusy =
        permission === 'answered' && !answer(bytes, (echo) => endpoint.send(echo, to, address))
      const verdict = isBusy ? 'busy' : permission
      numbers.count(verdict)
      if (verdict !== 'answered')
        limited.info({ ...source, bytes: bytes.length, reason: verdict }, 'not answered')
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
