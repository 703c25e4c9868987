import { expect, it } from 'vitest'

import { checkBroadcast } from './check-broadcast.ts'
import { checkReply, checkRequest } from './checks.ts'
import { decodeNtpPacket, encodeNtpPacket } from './codec.ts'
import { fieldsWith, NOW } from './fields.testing.ts'
import { parseKeys } from './keys.ts'

const INPUTS = 1_000_000
const { keys } = parseKeys('1 AES128 0123456789abcdef')

/** Every shape of packet; the MACs are of a key we don't have, for the time of a hash isn't asked. */
const SEEDS = [
  fieldsWith(),
  fieldsWith({ mac: { keyId: 0, digest: new Uint8Array() } }),
  fieldsWith({ mac: { keyId: 9, digest: new Uint8Array(16) } }),
  fieldsWith({ mac: { keyId: 9, digest: new Uint8Array(20) } }),
  fieldsWith({ version: 3, mode: 3, mac: { keyId: 9, digest: new Uint8Array(32) } }),
  fieldsWith({
    extensions: [
      { type: 1, value: new Uint8Array(12) },
      { type: 2, value: new Uint8Array(400) },
    ],
  }),
].map((fields) => encodeNtpPacket(fields))

/** Marsaglia's xorshift32: the same mutations in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Some octets changed, and now and then an end cut off or added. */
function mutate(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const length = random(4) === 0 ? random(bytes.length + 64) : bytes.length
  const mutated = new Uint8Array(length)
  mutated.set(bytes.subarray(0, length))
  for (let change = random(8); change > 0; change -= 1) mutated[random(length + 1)] = random(256)
  return mutated
}

function takeAll(bytes: Uint8Array): void {
  const result = decodeNtpPacket(bytes, NOW)
  if (!result.ok) return
  const authentication = { keys, required: false }
  checkBroadcast(result.value, { transmitAt: NOW, receivedAt: NOW }, NOW, authentication)
  checkReply(result.value, { transmitRaw: 1n, answered: false }, authentication)
  checkRequest(result.value, authentication)
}

it(
  `${INPUTS} mutated packets throw nothing and take less than 1 ms each`,
  { timeout: 600_000 },
  () => {
    const random = randomNumbers(2036)
    const before = process.cpuUsage()
    for (let index = 0; index < INPUTS; index += 1) {
      takeAll(mutate(SEEDS[index % SEEDS.length] ?? new Uint8Array(), random))
    }
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / INPUTS).toBeLessThan(1_000)
  },
)
