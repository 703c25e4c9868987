import { expect, test } from 'vitest'

import { packetOf, PACKETS } from './packet.testing.ts'
import { parsePacket } from './packet.ts'

test.each([
  ['syn', 'tcp', '127.0.0.1:50930', 'SYN'],
  ['data', 'tcp', '127.0.0.1:50930', 'ACK, 5 B'],
  ['datagram', 'udp', '127.0.0.1:34810', '7 B'],
  ['unreachable', 'icmp', '127.0.0.1', 'port unreachable'],
] as const)('%s is %s from %s: %s', (name, protocol, source, about) => {
  expect(parsePacket(packetOf(name))).toMatchObject({ protocol, source, about })
})

test('an ICMP error has the ports of the datagram that it is about', () => {
  expect(parsePacket(packetOf('unreachable'))?.ports).toEqual([34810, 41395])
})

test('of a packet of which the end is missing the length is told', () => {
  expect(parsePacket(packetOf('data').subarray(0, 40))?.about).toBe('ACK, 5 B')
})

test.each(Object.keys(PACKETS) as (keyof typeof PACKETS)[])(
  '%s without its header is no packet, nor is one of another version or protocol',
  (name) => {
    const bytes = packetOf(name)
    for (let length = 0; length < 28; length += 1)
      expect(parsePacket(bytes.subarray(0, length))).toBeUndefined()
    expect(parsePacket(Buffer.concat([Buffer.from([0x65]), bytes.subarray(1)]))).toBeUndefined()
    expect(parsePacket(Buffer.from(bytes).fill(47, 9, 10))).toBeUndefined()
  },
)
