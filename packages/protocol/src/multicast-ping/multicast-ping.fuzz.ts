import { deepStrictEqual, ok } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { answerMulticastPing, isPingGroup } from './answer.ts'
import { decodeMulticastPing, encodeMulticastPing } from './message.ts'

const TTL_OPTION_BYTES = 5
const SHORT_ANSWER_BYTES = 64

const request = {
  type: 'echo-request' as const,
  version: 2,
  clientId: 0xcafe,
  sequence: 1,
  clientTimestampMicros: 1_800_000_000_123_456,
  ttl: 64,
  group: '239.255.43.234',
  sessionId: Uint8Array.of(1, 2, 3, 4),
}

/** What is read is written so that it reads the same; an answer amplifies nothing and goes to a group of ours only. */
function multicastPing(input: Uint8Array): void {
  const result = decodeMulticastPing(input)
  if (result.ok) deepStrictEqual(decodeMulticastPing(encodeMulticastPing(result.value)), result)
  const answer = answerMulticastPing(input, 4, 64)
  if ('group' in answer) ok(isPingGroup(answer.group))
  if ('reply' in answer)
    ok(answer.reply.length <= Math.max(input.length + TTL_OPTION_BYTES, SHORT_ANSWER_BYTES))
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'multicast-ping',
    seeds: [
      encodeMulticastPing(request),
      encodeMulticastPing({ ...request, version: 1, group: 'ff15::4321:1234' }),
      encodeMulticastPing({ type: 'init', version: 2, wantedGroup: '239.255.43.234' }),
      encodeMulticastPing({ type: 'server-response', version: 2, clientId: 7 }),
    ],
    maximumBytes: 512,
    run: multicastPing,
  },
]
