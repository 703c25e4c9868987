import { ok } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { recordedPackets, setChecksum, victim } from '../testing/recorded-packets.testing.ts'
import { decodePacket } from '../wire/packet.ts'

const FROM = { address: '192.0.2.2', port: 9899, local: '192.0.2.1' }
const HEADER_BYTES = 12
const LATER_MILLIS = 3000

/**
 * Some packets, each behind its length in two bytes, come to an association with the right tag and checksum: nothing is
 * thrown, then or by its timers, and whatever it answers is a packet.
 */
function sctpAssociation(input: Uint8Array): void {
  const { network, server, tag } = victim()
  network.sent.length = 0
  for (const packet of packetsIn(input)) {
    new DataView(packet.buffer).setUint32(4, tag)
    setChecksum(packet)
    server.engine.receive(packet, FROM, network.now)
    server.engine.flush(network.now)
  }
  network.pass(LATER_MILLIS)
  for (const { bytes } of network.sent) ok(decodePacket(bytes).ok, 'an answer is a packet')
}

function packetsIn(input: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = []
  for (let at = 0; at + 2 + HEADER_BYTES <= input.length;) {
    const length = Math.max(HEADER_BYTES, ((input[at] ?? 0) << 8) | (input[at + 1] ?? 0))
    const end = Math.min(input.length, at + 2 + length)
    packets.push(Uint8Array.from(input.subarray(at + 2, end)))
    at = end
  }
  return packets.filter(({ length }) => length >= HEADER_BYTES)
}

function framed(packet: Uint8Array): Uint8Array {
  return Uint8Array.of(packet.length >>> 8, packet.length & 0xff, ...packet)
}

const packets = recordedPackets()

export const targets: readonly FuzzTarget[] = [
  {
    name: 'sctp-association',
    seeds: [...packets.slice(0, 40).map(framed), Buffer.concat(packets.slice(4, 8).map(framed))],
    maximumBytes: 4096,
    run: sctpAssociation,
  },
]
