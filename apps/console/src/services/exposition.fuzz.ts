import { ok } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { parseExposition } from './exposition.ts'

const SEEDS = [
  '# HELP a_total Things\n# TYPE a_total counter\na_total{direction="received"} 3\n',
  '# TYPE c histogram\nc_bucket{le="+Inf"} 2\nc_sum 0.7\nc_count 2\n',
  String.raw`m{a="x\"y\\z\n",b="{,}"} 1 1700000000000`,
  'a NaN\nb +Inf\n',
]

/** Every sample that is read has a name and a number, and there are no more than lines. */
function exposition(input: Uint8Array): void {
  const text = Buffer.from(input).toString()
  const samples = parseExposition(text, 50).flatMap((family) => family.samples)
  ok(samples.length <= Math.min(50, text.split('\n').length))
  for (const { name, value } of samples) ok(/^[a-zA-Z_:][\w:]*$/.test(name) && !isNull(value))
}

function isNull(value: number): boolean {
  return typeof value !== 'number'
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'exposition',
    seeds: SEEDS.map((seed) => Buffer.from(seed)),
    maximumBytes: 2048,
    run: exposition,
  },
]
