/** How long a test of 10^6 inputs may take on a machine that is busy; it needs 1 to 3 s of CPU. */
export const MANY_INPUTS_MILLIS = 60_000

/**
 * Feeds a parser broken copies of good inputs (limits: "every parser takes any bytes"): a few bytes changed,
 * the end cut off, a piece repeated, a piece cleared, a bit flipped. The same inputs on every run.
 *
 * @param seeds good inputs, at least one
 * @param count how many broken ones to make
 * @param parse must not throw: whatever it throws comes through and fails the test
 * @returns the mean time an input took, in milliseconds of CPU
 */
export function feedMutated(
  seeds: readonly Uint8Array[],
  count: number,
  parse: (bytes: Uint8Array) => void,
): number {
  const random = xorshift32(0x0bad_5eed)
  const before = process.cpuUsage()
  for (let made = 0; made < count; made += 1) {
    parse(mutate(seeds[random() % seeds.length] ?? new Uint8Array(), random))
  }
  return process.cpuUsage(before).user / 1000 / count
}

type Random = () => number

const CHANGES = [changeBytes, cutOff, repeat, clear, flipBit] as const

function mutate(seed: Uint8Array, random: Random): Uint8Array {
  const change = CHANGES[random() % CHANGES.length] ?? changeBytes
  return change(Uint8Array.from(seed), random)
}

function changeBytes(bytes: Uint8Array, random: Random): Uint8Array {
  for (let left = 1 + (random() % 4); left > 0; left -= 1) {
    bytes[random() % Math.max(1, bytes.length)] = random()
  }
  return bytes
}

function cutOff(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.subarray(0, random() % (bytes.length + 1))
}

function repeat(bytes: Uint8Array, random: Random): Uint8Array {
  const longer = new Uint8Array(bytes.length + (random() % (bytes.length + 1)))
  longer.set(bytes)
  longer.set(bytes.subarray(0, longer.length - bytes.length), bytes.length)
  return longer
}

function clear(bytes: Uint8Array, random: Random): Uint8Array {
  const from = random() % (bytes.length + 1)
  return bytes.fill(random() % 2 === 0 ? 0 : 0xff, from, from + (random() % 8))
}

function flipBit(bytes: Uint8Array, random: Random): Uint8Array {
  const index = random() % Math.max(1, bytes.length)
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (random() % 8))
  return bytes
}

/** Unsigned 32-bit numbers (Marsaglia 2003). */
function xorshift32(seed: number): Random {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
