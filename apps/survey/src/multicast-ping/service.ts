import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportCounts } from '@sockyard/service/metrics'

import type { MulticastResponderOptions } from '../config.ts'
import { MulticastPingResponder } from './responder.ts'

/** The Multicast Ping server as a process of its own. */
export function createMulticastResponder(
  context: ServiceContext<MulticastResponderOptions>,
): Service {
  const { options, log, metrics } = context
  const responder = new MulticastPingResponder({ ...options, log })
  exportCounts(metrics, {
    name: 'sockyard_multicast_ping_verdicts_total',
    help: 'Datagrams received, by verdict',
    label: 'verdict',
    read: () => responder.verdicts.entries(),
  })
  return {
    start: async () => void (await responder.start()),
    stop: (drained) => responder.stop(drained),
  }
}
