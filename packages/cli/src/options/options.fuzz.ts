import { ok, strictEqual } from 'node:assert/strict'

import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'
import { z } from 'zod'

import { UsageError } from '../errors/usage-error.ts'
import { closest } from '../text/closest.ts'
import { escapeJson, escapeText } from '../text/escape-text.ts'
import { parseArguments } from './arguments.ts'
import { configure, readEnvironment } from './configuration.ts'
import { describeOptions } from './option-description.ts'
import {
  byteSize,
  choice,
  cidrList,
  decimal,
  duration,
  flag,
  integer,
  list,
  text,
} from './options.ts'
import { parseByteSize, parseDecimal, parseDuration, parseInteger } from './quantities.ts'

/** One option of each kind. */
const schema = z.strictObject({
  port: integer(3111, { minimum: 0, maximum: 65_535 }).meta({ short: 'p' }),
  wait: duration('5s', { minimum: '1ms', maximum: '1h' }).meta({ short: 'W' }),
  size: byteSize('64', { minimum: 1, maximum: '1GiB' }).meta({ short: 's' }),
  rate: decimal(undefined, { minimum: 0.001 }).meta({ conflicts: ['wait'] }),
  engine: choice(['auto', 'native', 'node'], 'auto', { epoll: 'native' }),
  allow: cidrList(),
  group: list(z.string().min(1)).meta({ short: 'g' }),
  host: text('::').meta({ short: 'H' }),
  quiet: flag().meta({ short: 'q' }),
  loopback: flag(true),
})
const descriptions = describeOptions(schema)

/** Words apart by blanks, environment after a line feed: a configuration within its ranges, or one line of refusal. */
function commandLine(input: Uint8Array): void {
  const [words = '', ...variables] = textOf(input).split('\n')
  const environment = Object.fromEntries(
    variables.map((line) => [
      `SOCKYARD_${line.split('=', 1)[0]}`,
      line.slice(line.indexOf('=') + 1),
    ]),
  )
  try {
    const { values } = parseArguments(words.split(' '), descriptions)
    const given = configure(schema, descriptions, {
      flags: values,
      environment: readEnvironment(environment, descriptions),
    })
    ok(Number.isInteger(given.port) && given.port >= 0 && given.port <= 65_535, 'port')
    ok(given.wait >= 1 && given.wait <= 3_600_000, 'wait')
    ok(given.size >= 1 && given.size <= 2 ** 30, 'size')
    strictEqual(typeof given.quiet, 'boolean')
    ok(['auto', 'native', 'node'].includes(given.engine), 'engine')
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    ok(error.message !== '' && error.field !== '', 'a refusal says what')
    ok(!error.message.includes('[object') && !error.message.includes('received'), error.message)
  }
}

/** A number that is read is finite and not below what it can be. */
function quantity(input: Uint8Array): void {
  const written = textOf(input)
  for (const parse of [parseDuration, parseByteSize, parseInteger, parseDecimal]) {
    const value = parse(written)
    ok(value === undefined || Number.isFinite(value), `${parse.name} ${written}`)
  }
  const millis = parseDuration(written) ?? 0
  const size = parseByteSize(written) ?? 0
  ok(millis >= 0 && size >= 0 && Number.isInteger(size))
}

/** What is shown cannot move a cursor or end a line; JSON stays the same JSON. */
function escaped(input: Uint8Array): void {
  const written = textOf(input)
  const shown = escapeText(written)
  ok(!/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(shown), 'nothing hostile')
  const json = escapeJson(JSON.stringify({ written }))
  strictEqual((JSON.parse(json) as { written: string }).written, written)
  closest(written.slice(0, 32), ['--port', '--host', '--engine'])
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'command-line',
    seeds: [
      '-p 80 --wait 5s --size 64KiB host:1',
      '--no-loopback -qH :: --engine epoll -g a,b -g c',
      '--allow 10.0.0.0/8,::1 --rate 0.5 -- -x\nQUIET=yes\nPORT=7',
      '--port -1\nENGINE=node\nGROUP=a, b',
    ],
    maximumBytes: 256,
    run: commandLine,
  },
  {
    name: 'quantity',
    seeds: ['5s', '1.5m', '200ms', '64KiB', '1GiB', '-12', '0.25'],
    maximumBytes: 32,
    run: quantity,
  },
  {
    name: 'escape',
    seeds: ['plain', 'a\u001b[2J\r\n', '\u202eabc\u2066', '{"a":"\\u0000"}', '\ud800'],
    maximumBytes: 256,
    run: escaped,
  },
]
