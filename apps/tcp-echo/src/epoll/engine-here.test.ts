import { once } from 'node:events'
import { connect } from 'node:net'

import type { LogTarget } from '@sockyard/service/limited-log'
import { expect, it } from 'vitest'

import { EngineCounts } from './engine-counts.ts'
import { startEngineHere } from './engine-here.ts'
import { openListeners } from './listeners.ts'

const SILENT = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  isLevelEnabled: () => false,
} satisfies LogTarget

it('a peer whose kernel was not heard for too long is given up', async () => {
  const { sockets, bound } = openListeners({ host: '127.0.0.1', port: 0, ipv6Only: false }, 1)
  const counts = new EngineCounts()
  const engine = startEngineHere(
    {
      listener: sockets[0]?.release() ?? -1,
      counts: counts.memory,
      arrivals: new BigInt64Array(new SharedArrayBuffer(8)),
      tally: undefined,
      limits: { total: 10, perAddress: 10 },
      allow: [],
      deny: [],
      idleMillis: 60_000,
      thinkMillis: 0,
      vanishedMillis: 400,
      isInfoLogged: false,
      linesPerSecond: 10,
    },
    SILENT,
  )
  const peer = connect(bound.port, '127.0.0.1').on('error', () => {})
  await once(peer, 'close')
  expect(Object.fromEntries(counts.expiries())).toEqual({ idle: 0, vanished: 1 })
  expect(counts.single('open')).toBe(0)
  engine.stop()
  await engine.ended
})
