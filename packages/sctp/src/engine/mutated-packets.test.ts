import { expect, test } from 'vitest'

import { seededRandom } from '../testing/random.testing.ts'
import { recordedPackets, setChecksum, victim } from '../testing/recorded-packets.testing.ts'
import { decodePacket } from '../wire/packet.ts'

const MUTATIONS = 1_000_000
const MILLIS_EACH = 1

/** A few bytes changed, cut or added; half of them with a checksum that is right again. */
function mutate(packet: Uint8Array, random: () => number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, packet.length + lengthChange(random)))
  bytes.set(packet.subarray(0, bytes.length))
  const changes = Math.floor(random() * 4)
  for (let index = 0; index < changes; index += 1) {
    // Headers are where a parser can be hurt.
    const reach = random() < 0.8 ? Math.min(bytes.length, 60) : bytes.length
    bytes[Math.floor(random() * reach)] = random() < 0.5 ? 0xff : Math.floor(random() * 256)
  }
  if (bytes.length >= 12 && random() < 0.8) setChecksum(bytes)
  return bytes
}

const lengthChange = (random: () => number): number =>
  random() < 0.2 ? Math.floor(random() * 40) - 30 : 0

/** Milliseconds that one packet takes; an interrupted run is repeated. */
function fastest(work: () => void): number {
  let best = Infinity
  for (let attempt = 0; attempt < 20 && best > MILLIS_EACH; attempt += 1) {
    const began = performance.now()
    work()
    best = Math.min(best, performance.now() - began)
  }
  return best
}

test(
  'of a million mutated packets none makes the parser throw or take longer than 1 ms',
  { timeout: 300_000 },
  () => {
    const random = seededRandom(42)
    const packets = recordedPackets()
    let malformed = 0
    let slow = 0
    for (let count = 0; count < MUTATIONS; count += 1) {
      const bytes = mutate(packets[count % packets.length] ?? new Uint8Array(0), random)
      if (fastest(() => decodePacket(bytes)) > MILLIS_EACH) slow += 1
      if (!decodePacket(bytes).ok) malformed += 1
    }
    expect(slow).toBe(0)
    expect(malformed).toBeGreaterThan(MUTATIONS / 10)
    expect(malformed).toBeLessThan(MUTATIONS)
  },
)

test(
  'of a million mutated packets with the right tag none makes the association throw',
  { timeout: 300_000 },
  () => {
    const random = seededRandom(43)
    const packets = recordedPackets()
    const from = { address: '192.0.2.2', port: 9899, local: '192.0.2.1' }
    let { network, server, tag } = victim()
    let taken = 0
    for (let count = 0; count < MUTATIONS; count += 1) {
      const bytes = mutate(packets[count % packets.length] ?? new Uint8Array(0), random)
      if (bytes.length >= 12 && random() < 0.9) {
        new DataView(bytes.buffer).setUint32(4, tag)
        setChecksum(bytes)
      }
      if (server.engine.receive(bytes, from, network.now) === 'taken') taken += 1
      server.engine.flush(network.now)
      network.sent.length = 0
      server.messages.length = 0
      if (server.state(1) === 'CLOSED') ({ network, server, tag } = victim())
    }
    expect(taken).toBeGreaterThan(MUTATIONS / 10)
  },
)
