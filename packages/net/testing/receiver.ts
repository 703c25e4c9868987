import { pino } from 'pino'

import { MulticastMembership } from '../src/multicast/membership.ts'

/**
 * A multicast receiver as a process, on all interfaces: logs what it joins, loses and receives. Arguments: the
 * engine, then groups.
 */
const log = pino(pino.destination({ sync: true }))
const [engine, ...groups] = process.argv.slice(2)
await new MulticastMembership({
  groups: groups.map((address) => ({ address })),
  port: 24_321,
  interfaces: 'all',
  engine: engine === 'native' ? 'native' : 'node',
  log,
  watchMillis: 200,
  onBatch(received, at) {
    for (let index = 0; index < received.count; index += 1)
      log.info({ ...at, text: String(received.bytes(index)) }, 'datagram')
  },
}).start()
log.info('ready')
