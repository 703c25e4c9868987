import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { formatDaytime, parseDaytime } from './daytime.ts'
import { decodeTime, encodeTime } from './time.ts'

const NOW = 1_772_366_400_000_000_000n
const SECOND = 1_000_000_000n
const ERA = 2n ** 32n * SECOND
/** 9999-12-31 23:59:59 UTC, the last that has four digits for its year. */
const LAST = 253_402_300_799n * SECOND

/** A time that is understood is a whole second, and reads the same when it is said again. */
function daytimeAnswer(input: Uint8Array): void {
  const result = parseDaytime(input)
  if (!result.ok || result.value.nanos === null) return
  const { nanos, text } = result.value
  ok(/^[\x20-\x7e]+$/.test(text), 'what is shown is printable')
  strictEqual(nanos % SECOND, 0n)
  if (nanos < 0n || nanos > LAST) return
  const again = parseDaytime(new TextEncoder().encode(formatDaytime(nanos)))
  ok(again.ok && again.value.nanos === nanos, `${text} is ${nanos}`)
}

/** Four bytes are a moment within 68 years of the pivot, and are what that moment is sent as. */
function timeAnswer(input: Uint8Array): void {
  const pivot = NOW + (BigInt(input.at(-1) ?? 0) - 128n) * ERA
  const result = decodeTime(input, pivot)
  strictEqual(result.ok, input.length === 4)
  if (!result.ok) return
  ok(result.value >= pivot - ERA / 2n - SECOND && result.value <= pivot + ERA / 2n)
  deepStrictEqual(encodeTime(result.value), Uint8Array.from(input))
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'daytime-answer',
    seeds: [
      'Tuesday, February 22, 1982 17:37:43-PST\r\n',
      'Friday, November 20, 2026 16:06:39-UTC\r\n',
      '22 FEB 82 17:37:43 UTC\r\n',
      'Mon May 26 20:58:40 2003\r\n',
      '01 JAN 1970 00:00:00 -0130',
      'Mon May  6 20:58:40 GMT 2003\n\0',
    ],
    maximumBytes: 128,
    run: daytimeAnswer,
  },
  {
    name: 'time-answer',
    seeds: [encodeTime(NOW), Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0xff, 0xff, 0xff, 0xff)],
    maximumBytes: 16,
    run: timeAnswer,
  },
]
