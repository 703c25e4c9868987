import { readFileSync } from 'node:fs'

import { assert, jsonValue, property } from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { lookupEvent, type LookupEvent } from './index.ts'

const file = new URL('../../../../docs/schemas/lookup.json', import.meta.url)
const published = z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8')))

const names = { name: 'smtp', aliases: ['mail'] }
const at = '2026-11-27T12:00:00.123456Z'
const place = { address: '::1', port: 25 }
const option = { socket: 'tcp IPv4 fresh', level: 'SOL_SOCKET', name: 'SO_LINGER' }
const linger = { on: true, seconds: 5 }

/** One of each, as runs write them. */
const EVENTS: LookupEvent[] = [
  {
    event: 'start',
    at,
    data: {
      command: 'host',
      question: ['localhost'],
      library: 'glibc 2.36',
      sources: [{ database: 'hosts', order: 'files dns', from: '/etc/nsswitch.conf' }],
    },
  },
  {
    event: 'sample',
    at,
    data: { kind: 'host', ...names, family: 'IPv4', addresses: ['127.0.0.1'] },
  },
  { event: 'sample', at, data: { kind: 'name', ...place, host: 'localhost', service: 'smtp' } },
  { event: 'sample', at, data: { kind: 'service', ...names, port: 25, protocol: 'tcp' } },
  { event: 'sample', at, data: { kind: 'protocol', ...names, number: 6 } },
  {
    event: 'sample',
    at,
    data: {
      kind: 'address',
      family: 'IPv6',
      ...place,
      socketType: 'stream',
      protocolNumber: 6,
      canonicalName: null,
      explanation: {
        source: null,
        scope: 'global',
        precedence: 40,
        label: 1,
        rule: 1,
        reason: 'there is a way to it',
        contrary: false,
      },
    },
  },
  { event: 'sample', at, data: { kind: 'node-order', addresses: ['::1'], same: true } },
  {
    event: 'sample',
    at,
    data: {
      kind: 'conversion',
      family: 'IPv4',
      presentation: '127.0.0.1',
      bytes: '7f000001',
      networkOrder: ['0x0100007f'],
      hostOrder: ['0x7f000001'],
      mapped: null,
      reverseName: '1.0.0.127.in-addr.arpa',
    },
  },
  {
    event: 'sample',
    at,
    data: { kind: 'socket-name', transport: 'tcp', local: place, remote: place },
  },
  {
    event: 'sample',
    at,
    data: { kind: 'option', ...option, type: 'linger', value: linger, reason: null, meaning: 'x' },
  },
  {
    event: 'sample',
    at,
    data: { kind: 'option-set', ...option, asked: linger, before: 1, after: null, note: null },
  },
  {
    event: 'end',
    at,
    data: {
      found: 0,
      answeredBy: null,
      error: { errorClass: 'DNS', message: 'no', code: 'EAI_NONAME' },
    },
  },
]

test('every line is valid by the schema and by the published one, and invalid with a field too many', () => {
  for (const event of EVENTS) {
    expect(lookupEvent.parse(JSON.parse(JSON.stringify(event)))).toEqual(event)
    expect(published.safeParse(event).error).toBeUndefined()
    const more = { ...event, data: { ...event.data, surprise: 1 } }
    expect(lookupEvent.safeParse(more).success).toBe(false)
    expect(published.safeParse(more).success).toBe(false)
  }
})

test('no JSON value makes the schema throw', () => {
  assert(
    property(jsonValue(), (data) => {
      expect(lookupEvent.safeParse(data).success).toBe(false)
      expect(lookupEvent.safeParse({ event: 'sample', data }).success).toBe(false)
    }),
  )
})
