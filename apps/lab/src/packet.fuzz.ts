import { ok } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { packetOf } from './packet.testing.ts'
import { parsePacket } from './packet.ts'

/** What is read of a packet is never below zero, and its ports are ports. */
function packet(input: Uint8Array): void {
  const found = parsePacket(input)
  if (found === undefined) return
  ok(!found.about.includes('-'))
  ok(found.ports.every((port) => port >= 0 && port <= 65_535))
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'lab-packet',
    seeds: (['syn', 'data', 'datagram', 'unreachable'] as const).map(packetOf),
    maximumBytes: 256,
    run: packet,
  },
]
