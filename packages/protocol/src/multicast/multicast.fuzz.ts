import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { isIP } from 'node:net'

import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'

import { safeText } from '../safe-text.ts'
import { describePayload } from './describe-payload.ts'
import { isMulticast, isSourceSpecific } from './groups.ts'
import {
  decodeMulticastDatagram,
  encodeMulticastDatagram,
  multicastKind,
} from './multicast-datagram.ts'

const SENT_AT = 1_772_366_400_123_456_789n
/** `describePayload` shows 1,024 bytes of text and an ellipsis. */
const LONGEST_TEXT = 1025

/** Counting and decoding agree, and what is decoded is what was sent; what is shown is safe. */
function multicastDatagram(input: Uint8Array): void {
  const result = decodeMulticastDatagram(input)
  const first = input.length < 4 ? 0 : new DataView(input.buffer, input.byteOffset).getUint32(0)
  strictEqual(multicastKind(input.length, first) === 'numbered', result.ok)
  if (result.ok) deepStrictEqual(encodeMulticastDatagram(result.value), Uint8Array.from(input))
  const shown = describePayload(result.ok ? result.value.payload : input)
  strictEqual(safeText(shown), shown)
  ok(shown.length <= LONGEST_TEXT && !/[\r\n]/.test(shown), 'one line')
}

/** Only a numeric address is a group, and every source-specific one is a group. */
function groupAddress(input: Uint8Array): void {
  const text = textOf(input)
  if (isMulticast(text)) ok(isIP(text) !== 0 && !text.includes('%'), `${text} is numeric`)
  else strictEqual(isSourceSpecific(text), false)
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'multicast-datagram',
    seeds: [
      encodeMulticastDatagram({
        sender: 0xcafe,
        sequence: 2n ** 53n + 1n,
        sentAt: SENT_AT,
        payload: Buffer.from('temperature 21.5 °C\r\n'),
      }),
      'hello, group\0\0\0',
      Uint8Array.from({ length: 64 }, (_, index) => index * 5),
    ],
    maximumBytes: 2048,
    run: multicastDatagram,
  },
  {
    name: 'group-address',
    seeds: ['239.255.43.21', '224.0.1.1', 'ff02::101', 'ff3e::8000:1', '232.1.2.3', 'ff02::1%eth0'],
    maximumBytes: 64,
    run: groupAddress,
  },
]
