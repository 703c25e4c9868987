import { z } from 'zod'

import { daytimeQueryEvent } from './daytime-query.ts'
import { echoPingEvent } from './echo-ping.ts'
import { labEvent } from './lab.ts'
import { lookupEvent } from './lookup.ts'
import { messageEvent } from './messages.ts'
import { multicastReceiveEvent } from './multicast-receive.ts'
import { multicastSendEvent } from './multicast-send.ts'
import { sctpSendEvent } from './sctp-send.ts'
import { sntpObserveEvent } from './sntp-observe.ts'
import { sntpQueryEvent } from './sntp-query.ts'
import { tcpBulkEvent } from './tcp-bulk.ts'

const PUBLISHED = [
  ['daytime-query', 'A line of `daytime query --json`', daytimeQueryEvent],
  ['echo-ping', 'A line of `ping --json` of tcp-echo, udp-echo and sctp-echo', echoPingEvent],
  ['messages', 'A line of `send`, `exchange` and `receive --json` of the echoes', messageEvent],
  ['tcp-bulk', 'A line of `tcp-echo ping --bulk --json`', tcpBulkEvent],
  ['multicast-send', 'A result of multicast-sender', multicastSendEvent],
  ['multicast-receive', 'A result of multicast-receiver', multicastReceiveEvent],
  ['sctp-send', 'A line of `sctp-echo send --json`', sctpSendEvent],
  ['sntp-observe', 'A result of sntp-listener', sntpObserveEvent],
  ['sntp-query', 'A line of `sntp-listener query --json`', sntpQueryEvent],
  ['lookup', 'A line of `lookup --json`', lookupEvent],
  ['lab', 'A line of an experiment of `lab --json`', labEvent],
] as const

/** The result schemas as JSON Schema (draft 2020-12): file name in docs/schemas to text. */
export function jsonSchemas(): Map<string, string> {
  return new Map(
    PUBLISHED.map(([name, title, schema]) => [`${name}.json`, jsonSchema(schema.meta({ title }))]),
  )
}

function jsonSchema(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`
}
