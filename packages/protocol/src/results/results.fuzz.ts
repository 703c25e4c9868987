import { deepStrictEqual, ok } from 'node:assert/strict'

import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'

import * as examples from './examples.testing.ts'
import {
  daytimeQueryEvent,
  echoPingEvent,
  multicastReceiveLine,
  sctpSendEvent,
  sntpObserveLine,
  sntpQueryEvent,
  tcpBulkEvent,
} from './index.ts'

const SCHEMAS = [
  echoPingEvent,
  daytimeQueryEvent,
  tcpBulkEvent,
  multicastReceiveLine,
  sntpObserveLine,
  sntpQueryEvent,
  sctpSendEvent,
]

/** Any JSON is a result or is refused with an issue; what is accepted is accepted again, unchanged. */
function jsonResult(input: Uint8Array): void {
  const value = parseJson(textOf(input))
  for (const schema of SCHEMAS) {
    const result = schema.safeParse(value)
    if (!result.success) ok(result.error.issues.length > 0, 'a refusal has a reason')
    else deepStrictEqual(schema.parse(structuredClone(result.data)), result.data)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'json-result',
    seeds: Object.values(examples).flatMap((events) =>
      events.map((event) => JSON.stringify(event)),
    ),
    maximumBytes: 2048,
    run: jsonResult,
  },
]
