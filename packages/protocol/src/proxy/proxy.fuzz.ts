import { deepStrictEqual, ok } from 'node:assert/strict'

import type { FuzzTarget } from '@sockyard/testkit/fuzz'

import { decodeProxyHeader, encodeProxyHeader, MAXIMUM_PROXY_HEADER_BYTES } from './proxy-header.ts'

const end = (size: 4 | 16, port: number) => ({ address: new Uint8Array(size).fill(port), port })
const LOCAL = Uint8Array.fromHex('0d0a0d0a000d0a515549540a20000003030000')

/** However much of it has come, the answer is the same once there is one; only a whole header is one. */
function proxyHeader(input: Uint8Array): void {
  const whole = decodeProxyHeader(input)
  if (!whole.ok || whole.value === undefined) return
  const { length, endpoints } = whole.value
  ok(length <= input.length && length <= MAXIMUM_PROXY_HEADER_BYTES, 'it has come, and is bounded')
  deepStrictEqual(decodeProxyHeader(input.subarray(0, length)), whole)
  deepStrictEqual(decodeProxyHeader(input.subarray(0, length - 1)), { ok: true, value: undefined })
  if (endpoints === undefined) return
  const again = decodeProxyHeader(encodeProxyHeader(endpoints.source, endpoints.destination))
  deepStrictEqual(again.ok && again.value?.endpoints, endpoints)
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'proxy-header',
    seeds: [
      encodeProxyHeader(end(4, 80), end(4, 2020)),
      encodeProxyHeader(end(16, 80), end(16, 2020)),
      LOCAL,
    ],
    maximumBytes: 256,
    run: proxyHeader,
  },
]
