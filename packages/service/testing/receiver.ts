import { Registry } from '@prometheus-io/client'
import { pino } from 'pino'

import { createMembership } from '../src/membership.ts'

/** A multicast receiver as a process, on all interfaces: logs what it joins, loses and receives. */
const log = pino(pino.destination({ sync: true }))
await createMembership({
  groups: process.argv.slice(2).map((address) => ({ address })),
  port: 24_321,
  interfaces: 'all',
  log,
  watchMillis: 200,
  metrics: new Registry(),
  onDatagram: (bytes, source) => log.info({ ...source, text: bytes.toString() }, 'datagram'),
}).start()
log.info('ready')
