import { deepStrictEqual, strictEqual } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { decodeEchoProbe, encodeEchoProbe, verifyPadding } from './echo-probe.ts'

const probe = (size: number, sequence = 7) =>
  encodeEchoProbe({ session: 0xdead_beef, sequence, sentAt: 1_772_366_400_123_456_789n }, size)

/** A probe is whole exactly when it is what its header would be sent as. */
function echoProbe(input: Uint8Array): void {
  const result = decodeEchoProbe(input)
  if (!result.ok) {
    strictEqual(verifyPadding(input), false)
    return
  }
  const sent = encodeEchoProbe(result.value, input.length)
  const isSame = Buffer.compare(sent, input) === 0
  strictEqual(verifyPadding(input), isSame)
  deepStrictEqual(sent.subarray(0, 20), Uint8Array.from(input.subarray(0, 20)))
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'echo-probe',
    seeds: [probe(20), probe(64), probe(300, 0xffff_ffff)],
    maximumBytes: 2048,
    run: echoProbe,
  },
]
