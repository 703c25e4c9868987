import type { AddressList } from '@sockyard/service/address-list'
import { datagramVerdict } from '@sockyard/service/datagram-verdict'
import type { InheritedSockets } from '@sockyard/service/inherited-sockets'
import { limitLog } from '@sockyard/service/limited-log'
import type { RateLimiter } from '@sockyard/service/rate-limiter'
import type { ServiceContext } from '@sockyard/service/server-command'
import type { SourceRefusal } from '@sockyard/service/source-rules'
import { createUdpEndpoint, type DatagramSource } from '@sockyard/service/udp-endpoint'

import type { ServeOptions } from './config.ts'
import type { Part } from './daytime-server.ts'
import { ANSWERS, type ServiceName } from './time-service.ts'
import type { VerdictCounts } from './verdict-counts.ts'

interface Parts extends Pick<ServiceContext<ServeOptions>, 'options' | 'log' | 'metrics' | 'now'> {
  family: 4 | 6 | undefined
  rules: {
    addresses: AddressList
    limiter: RateLimiter
    sources: { refused: (source: DatagramSource) => SourceRefusal | undefined }
  }
  counts: VerdictCounts
}

/** Over UDP any datagram is a question, also an empty one; where it says it comes from decides. */
export function createDatagramService(
  { options, log, metrics, now, family, rules, counts }: Parts,
  service: ServiceName,
  inherited: InheritedSockets,
): Part {
  const own = log.child({ service })
  const limited = limitLog(own)
  const { addresses, limiter, sources } = rules
  const endpoint = createUdpEndpoint({
    port: service === 'time' ? options.timePort : options.port,
    host: options.host,
    family,
    inherited,
    log: own,
    metrics,
    onDatagram(_bytes, { address, port }) {
      const refusedSource = sources.refused
      const verdict = datagramVerdict({ address, port }, { refusedSource, addresses, limiter })
      counts[verdict] += 1
      const fields = { transport: 'udp', address, port }
      if (verdict !== 'answered')
        return limited.info({ ...fields, reason: verdict }, 'not answered')
      limited.info(fields, 'asked')
      endpoint.send(ANSWERS[service](now()), port, address)
    },
  })
  return {
    start: async () => (await endpoint.start()).port,
    stop: (drained) => endpoint.stop(drained),
  }
}
