import { assert, integer, ipV6, option, property, record, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'

import { feedMutated, MANY_INPUTS_MILLIS } from '../../testing/mutated.ts'
import { MalformedError } from '../parsed.ts'
import { answerMulticastPing, decodeMulticastPing, encodeMulticastPing } from './index.ts'

const u32 = integer({ min: 0, max: 0xffff_ffff })
const request = {
  type: 'echo-request' as const,
  version: 2,
  clientId: 0x0102_0304,
  sequence: 7,
  clientTimestampMicros: 1_800_000_000_123_456,
  group: '239.255.43.234',
}
/** A request as ssmping 0.9.1 builds it. */
const CLASSIC = '5100010004000000aa00020004000000010003000800000001000000020004000501efff2bea'

test('a message comes back as it was', () => {
  const messages = record({
    version: integer({ min: 1, max: 255 }),
    clientId: option(u32, { nil: undefined }),
    sequence: option(u32, { nil: undefined }),
    ttl: option(integer({ min: 0, max: 255 }), { nil: undefined }),
    sessionId: option(uint8Array({ minLength: 4, maxLength: 16 }), { nil: undefined }),
  })
  assert(
    property(messages, (fields) => {
      const message = { ...request, ...fields }
      expect(decodeMulticastPing(encodeMulticastPing(message))).toEqual({
        ok: true,
        value: message,
      })
    }),
  )
})

test('every IPv6 group comes back as RFC 5952 writes it', () => {
  assert(
    property(ipV6(), (address) => {
      if (address.includes('.')) return
      const [canonical] = [new URL(`http://[${address}]/`).hostname.slice(1, -1)]
      const bytes = encodeMulticastPing({ ...request, group: address })
      expect(decodeMulticastPing(bytes)).toMatchObject({ ok: true, value: { group: canonical } })
    }),
  )
})

test('a message stands as RFC 6450 has it', () => {
  expect(encodeMulticastPing(request).toHex()).toBe(
    '51' +
      '0000000102' +
      '0001000401020304' +
      '0002000400000007' +
      '000300086b49d2000001e240' +
      '000400060001efff2bea',
  )
})

test('a request of ssmping and asmping is version 1, and echoed as it is', () => {
  const bytes = Uint8Array.fromHex(CLASSIC)
  expect(decodeMulticastPing(bytes)).toMatchObject({
    ok: true,
    value: { version: 1, clientId: 0xaa, sequence: 1, group: '239.255.43.234' },
  })
  const answer = answerMulticastPing(bytes, 4, 64)
  expect(answer).toMatchObject({ verdict: 'echo', group: '239.255.43.234' })
  expect('reply' in answer && answer.reply.toHex()).toBe(`41${CLASSIC.slice(2)}`)
})

test('a reply of version 2 has the TTL, and not what the client asked for', () => {
  const asked = `${encodeMulticastPing(request).toHex()}000500020009`
  const answer = answerMulticastPing(Uint8Array.fromHex(asked), 4, 64)
  const reply = 'reply' in answer ? answer.reply : new Uint8Array()
  expect(reply.length).toBeLessThanOrEqual(asked.length / 2)
  expect(decodeMulticastPing(reply)).toEqual({
    ok: true,
    value: { ...request, type: 'echo-reply', ttl: 64 },
  })
})

test('an Init gets the group it wants, or the source-specific one', () => {
  const init = { type: 'init' as const, version: 2, clientId: 9 }
  for (const [wantedGroup, family, group] of [
    ['239.255.43.234', 4, '239.255.43.234'],
    ['ff15::4321:1234', 6, 'ff15::4321:1234'],
    [undefined, 4, '232.43.211.234'],
    [undefined, 6, 'ff3e::4321:1234'],
  ] as const) {
    const answer = answerMulticastPing(encodeMulticastPing({ ...init, wantedGroup }), family, 64)
    const reply = 'reply' in answer ? decodeMulticastPing(answer.reply) : undefined
    expect(reply).toMatchObject({ ok: true, value: { type: 'server-response', group } })
  }
})

test.each([
  [{ ...request, group: '224.0.0.251' }, 'group-refused'],
  [{ ...request, group: '10.0.0.234' }, 'group-refused'],
  [{ ...request, group: 'ff15::4321:1234' }, 'group-refused'],
  [{ ...request, version: 3 }, 'wrong-version'],
  [{ type: 'init' as const, version: 1 }, 'wrong-version'],
  [{ ...request, type: 'echo-reply' as const }, 'no-request'],
  [{ ...request, type: 'server-response' as const }, 'no-request'],
])('%j gets %s', (message, verdict) => {
  const answer = answerMulticastPing(encodeMulticastPing(message), 4, 64)
  expect(answer.verdict).toBe(verdict)
  expect('group' in answer).toBe(false)
})

test.each([
  ['', 'type'],
  ['58', 'type'],
  ['5100', 'option'],
  ['510002000400', 'option 2'],
  ['51000200020001', 'sequence'],
  ['5100000000', 'version'],
  ['51000400020001', 'group'],
])('%s is malformed: %s', (hex, field) => {
  const result = decodeMulticastPing(Uint8Array.fromHex(hex))
  expect(result.ok ? undefined : result.error.field).toBe(field)
})

test(
  '10^6 broken messages: nothing is thrown',
  () => {
    const seeds = [encodeMulticastPing(request), Uint8Array.fromHex(CLASSIC)]
    expect(feedMutated(seeds, 1e6, takesAnything)).toBeLessThan(1)
  },
  MANY_INPUTS_MILLIS,
)

function takesAnything(bytes: Uint8Array): void {
  const result = decodeMulticastPing(bytes)
  if (!result.ok && !(result.error instanceof MalformedError)) throw result.error
  answerMulticastPing(bytes, 4, 64)
}
