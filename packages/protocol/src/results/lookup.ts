import { z } from 'zod'

import { count, failure, host, port, at } from './fields.ts'

const text = z.string()
const texts = z.array(text)
const family = z.enum(['IPv4', 'IPv6'])
const place = z.strictObject({ address: host, port })

/** What getaddrinfo's order says of one address (RFC 6724, section 6). */
const explanation = z.strictObject({
  source: host.nullable().describe('where a packet to it would come from; null: it is unreachable'),
  scope: text,
  precedence: z.int(),
  label: z.int(),
  rule: z.int().min(1).max(10).nullable().describe('why it stands before the next; null: last'),
  reason: text,
  contrary: z.boolean().describe('the rule would have put it after the next'),
})

const answer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('host'), name: text, aliases: texts, family, addresses: texts }),
  z.strictObject({ kind: z.literal('name'), address: host, port, host: text, service: text }),
  z.strictObject({
    kind: z.literal('service'),
    name: text,
    aliases: texts,
    port,
    protocol: text,
  }),
  z.strictObject({ kind: z.literal('protocol'), name: text, aliases: texts, number: z.int() }),
  z.strictObject({
    kind: z.literal('address'),
    family,
    address: host,
    port,
    socketType: z.enum(['stream', 'datagram', 'raw', 'seqpacket']).nullable(),
    protocolNumber: z.int().describe('the number of /etc/protocols; 0: any'),
    canonicalName: text.nullable(),
    explanation: explanation.optional(),
  }),
  z.strictObject({
    kind: z.literal('node-order'),
    addresses: texts.describe('as dns.lookup orders them, verbatim'),
    same: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('conversion'),
    family,
    presentation: host,
    bytes: text.describe('in network order, hexadecimal'),
    networkOrder: texts.describe('32 bits each, as this machine reads the bytes'),
    hostOrder: texts.describe('the same after ntohl'),
    mapped: host.nullable().describe('IPv4 in IPv6, or IPv6 taken out of it'),
    reverseName: text,
  }),
  z.strictObject({
    kind: z.literal('socket-name'),
    transport: z.enum(['tcp', 'udp']),
    local: place,
    remote: place,
  }),
  z.strictObject({
    kind: z.literal('option'),
    socket: text.describe('which one: fresh, connected or listening'),
    level: text,
    name: text,
    type: text,
    value: z.json().describe('null: it cannot be read'),
    reason: text.nullable().describe('why it cannot be read, such as ENOPROTOOPT'),
    meaning: text,
  }),
  z.strictObject({
    kind: z.literal('option-set'),
    socket: text,
    level: text,
    name: text,
    asked: z.json(),
    before: z.json(),
    after: z.json(),
    note: text.nullable(),
  }),
])

const source = z.strictObject({
  database: z.enum(['hosts', 'services', 'protocols']),
  order: text.describe('of its sources, as nsswitch.conf(5) has them'),
  from: text.describe('where that order comes from: a file, or the default of libc'),
})

/** The lines of `lookup --json`. */
export const lookupEvent = z.discriminatedUnion('event', [
  z.looseObject({
    event: z.literal('start'),
    at,
    data: z.strictObject({
      command: text,
      question: texts,
      library: text.describe('the C library that answers'),
      sources: z.array(source),
    }),
  }),
  z.looseObject({ event: z.literal('sample'), at, data: answer }),
  z.looseObject({
    event: z.literal('end'),
    at,
    data: z.strictObject({
      found: count,
      answeredBy: text.nullable().describe('which source; null: none, or it cannot be told'),
      error: failure.optional(),
    }),
  }),
])

/** One line of `lookup --json`. */
export type LookupEvent = z.infer<typeof lookupEvent>
/** One answer, by its kind. */
export type LookupAnswer = Extract<LookupEvent, { event: 'sample' }>['data']
