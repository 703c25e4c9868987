import { pino } from 'pino'

import { createMembership, type GroupMembership } from '../src/membership.ts'
import { Registry } from '../src/prometheus.ts'

/**
 * A multicast receiver as a process, on all interfaces: logs what it joins, loses and receives. Arguments: `onDatagram`
 * or `onBatch`, then groups.
 */
const log = pino(pino.destination({ sync: true }))
const [by, ...groups] = process.argv.slice(2)
const told = (place: GroupMembership, text: string): void =>
  log.info({ ...place, text }, 'datagram')
await createMembership({
  groups: groups.map((address) => ({ address })),
  port: 24_321,
  interfaces: 'all',
  log,
  watchMillis: 200,
  metrics: new Registry(),
  onDatagram: (bytes, { group, interface: name }) =>
    told({ group, interface: name }, String(bytes)),
  ...(by === 'onBatch' && {
    onBatch(received, place) {
      for (let index = 0; index < received.count; index += 1)
        told(place, String(received.bytes(index)))
    },
  }),
}).start()
log.info('ready')
