import { z } from 'zod'

import { consoleChat, consoleChatLine, consoleChatMember } from './console-chat.ts'
import { consoleLab, consoleLabRun } from './console-lab.ts'
import {
  consoleEvents,
  consoleSamples,
  consoleSeries,
  consoleServices,
  consoleTopology,
} from './console.ts'
import { daytimeQueryEvent } from './daytime-query.ts'
import { echoPingEvent } from './echo-ping.ts'
import { logLine } from './events.ts'
import { labEvent } from './lab.ts'
import { lookupEvent } from './lookup.ts'
import { messageEvent } from './messages.ts'
import { multicastReceiveLine } from './multicast-receive.ts'
import { multicastSendLine } from './multicast-send.ts'
import { peersAnswer } from './peers.ts'
import { sctpSendEvent } from './sctp-send.ts'
import { sntpObserveLine } from './sntp-observe.ts'
import { sntpQueryEvent } from './sntp-query.ts'
import { surveyDoctorEvent } from './survey-doctor.ts'
import { surveyMulticastPingEvent } from './survey-multicast-ping.ts'
import { surveyRunEvent } from './survey-run.ts'
import { tcpBulkEvent } from './tcp-bulk.ts'

/**
 * Of the published schemas, as SemVer has it: a new field or a new value is a minor version; a name that goes away or
 * means something else is a major one.
 */
const VERSION = '1.0.0'

const PUBLISHED = [
  ['daytime-query', 'A line of `daytime query --json`', daytimeQueryEvent],
  ['echo-ping', 'A line of `ping --json` of tcp-echo, udp-echo and sctp-echo', echoPingEvent],
  ['messages', 'A line of `send`, `exchange` and `receive --json` of the echoes', messageEvent],
  ['tcp-bulk', 'A line of `tcp-echo ping --bulk --json`', tcpBulkEvent],
  ['multicast-send', 'A line of `multicast-sender --json`', multicastSendLine],
  ['multicast-receive', 'A line of `multicast-receiver --json`', multicastReceiveLine],
  ['sctp-send', 'A line of `sctp-echo send --json`', sctpSendEvent],
  ['sntp-observe', 'A line of `sntp-listener --json`', sntpObserveLine],
  ['sntp-query', 'A line of `sntp-listener query --json`', sntpQueryEvent],
  ['lookup', 'A line of `lookup --json`', lookupEvent],
  ['lab', 'A line of an experiment of `lab --json`', labEvent],
  ['survey-run', 'A line of `survey HOST… --json` and `survey mesh --json`', surveyRunEvent],
  ['survey-doctor', 'A line of `survey doctor --json`', surveyDoctorEvent],
  ['peers', 'The answer to GET /peers of any admin endpoint', peersAnswer],
  ['console-services', 'The answer to GET /api/services of the console', consoleServices],
  ['console-topology', 'The answer to GET /api/topology of the console', consoleTopology],
  ['console-series', 'The answer to GET /api/series of the console', consoleSeries],
  ['console-samples', 'The answer to GET /api/samples of the console', consoleSamples],
  ['console-events', 'The answer to GET /api/events of the console', consoleEvents],
  ['console-chat', 'The answer to GET /api/chat of the console', consoleChat],
  ['console-chat-member', 'The answer to POST /api/chat of the console', consoleChatMember],
  ['console-chat-line', 'A line of GET /api/chat/stream of the console', consoleChatLine],
  ['console-lab', 'The answer to GET /api/lab of the console', consoleLab],
  ['console-lab-run', 'The answer to POST /api/lab of the console', consoleLabRun],
  ['survey-multicast-ping', 'A line of `survey ping-multicast --json`', surveyMulticastPingEvent],
  ['log', 'A line of the log of any service, with `--log-format json`', logLine],
] as const

/** The result schemas as JSON Schema (draft 2020-12): file name in docs/schemas to text. */
export function jsonSchemas(): Map<string, string> {
  return new Map(
    PUBLISHED.map(([name, title, schema]) => [`${name}.json`, jsonSchema(name, title, schema)]),
  )
}

function jsonSchema(name: string, title: string, schema: z.ZodType): string {
  const [major] = VERSION.split('.')
  const $id = `urn:sockyard:schema:${name}:${major}`
  const { $schema, ...rules } = z.toJSONSchema(schema)
  return `${JSON.stringify({ $schema, $id, version: VERSION, title, ...rules }, null, 2)}\n`
}
