import { datagramVerdict } from '@sockyard/net/access'
import type { ActivationSockets } from '@sockyard/net/activation'
import { sourceAddress } from '@sockyard/net/address'
import { limitLog } from '@sockyard/net/log'
import { UdpServer } from '@sockyard/net/udp'
import { exportUdpServer } from '@sockyard/service/metrics'

import { ANSWERS, type Part, type PartContext, type ServiceName } from './services.ts'

/** The contents of a request do not matter: the rest of a longer one is not read. */
const REQUEST_BYTES = 64

/** Over UDP every datagram is a request, an empty one too; its source and its destination decide. */
export function createUdpService(
  { options, log, metrics, now, family, rules, counts }: PartContext,
  service: ServiceName,
  activation: ActivationSockets,
): Part {
  const own = log.child({ service })
  const limited = limitLog(own)
  const server = new UdpServer({
    port: service === 'time' ? options.timePort : options.port,
    host: options.host,
    family,
    engine: options.engine,
    activation,
    maximumDatagramBytes: REQUEST_BYTES,
    log: own,
    onDatagrams(datagrams, socket) {
      for (let index = 0; index < datagrams.count; index += 1) {
        const permission = datagramVerdict(datagrams, index, rules)
        const verdict = permission === 'permitted' ? 'answered' : permission
        counts.count(verdict)
        const address = sourceAddress(datagrams, index)
        const fields = { transport: 'udp', address, port: datagrams.sourcePort(index) }
        if (verdict === 'answered') limited.info(fields, 'asked')
        else limited.info({ ...fields, reason: verdict }, 'not answered')
        if (verdict === 'answered') socket.reply(datagrams, index, ANSWERS[service](now()))
      }
    },
  })
  exportUdpServer(metrics, server)
  return {
    start: async () => (await server.start()).port,
    stop: (drained) => server.stop(drained),
  }
}
