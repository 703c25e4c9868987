import {
  byteSize,
  choice,
  cidrList,
  configure,
  decimal,
  describeOptions,
  duration,
  flag,
  parseArguments,
  readEnvironment,
  text,
} from '@sockyard/cli/options'
import { expect, test } from 'vitest'
import { z } from 'zod'

import {
  count,
  engine,
  groups,
  ipFamily,
  ipFamilyOptions,
  port,
  rate,
  size,
  window,
} from './common-options.ts'

const options = z
  .strictObject({
    port: port(7),
    count: count(),
    size: size(64, { minimum: 0, maximum: 65_507 }),
    group: groups(['239.255.43.21'], (address) => address.startsWith('2')),
    bufferBytes: byteSize('4MiB'),
    pause: duration('1.5s', { maximum: '1h' }),
    deadline: duration(),
    share: decimal(0.5, { minimum: 0, maximum: 1 }),
    loopback: flag(true).meta({ description: 'hear our own' }),
    quiet: flag().meta({ short: 'q' }),
    rate: rate(),
    window: window(),
    plain: flag().meta({ requires: 'quiet' }),
    mode: choice(['fast', 'slow'], 'fast'),
    engine: engine(),
    label: text(),
    allow: cidrList(),
    ...ipFamilyOptions,
  })
  .refine(({ count: wanted, deadline }) => wanted === undefined || deadline === undefined, {
    path: ['deadline'],
    message: 'must not be given with --count',
  })

function read(args: readonly string[], environment: Record<string, string> = {}) {
  const descriptions = describeOptions(options)
  return configure(options, descriptions, {
    flags: parseArguments(args, descriptions).values,
    environment: readEnvironment(environment, descriptions),
  })
}

test('presets are read like what a user writes', () => {
  expect(read([])).toEqual({
    port: 7,
    size: 64,
    group: ['239.255.43.21'],
    bufferBytes: 4 * 1024 * 1024,
    pause: 1500,
    share: 0.5,
    loopback: true,
    quiet: false,
    plain: false,
    mode: 'fast',
    engine: 'auto',
    allow: [],
    ipv4: false,
    ipv6: false,
  })
})

test('a duration without a unit is in seconds', () => {
  expect(read(['--pause', '2', '--deadline', '0.2'])).toMatchObject({ pause: 2000, deadline: 200 })
})

test('a list grows with every flag and every comma, and replaces the preset', () => {
  expect(read(['-g', '224.0.0.1', '--group', '232.1.1.1, 233.1.1.1']).group).toEqual([
    '224.0.0.1',
    '232.1.1.1',
    '233.1.1.1',
  ])
  expect(read([], { SOCKYARD_GROUP: '224.0.0.1,232.1.1.1' }).group).toEqual([
    '224.0.0.1',
    '232.1.1.1',
  ])
})

test('a flag has a negative form, and words in the environment', () => {
  expect(read(['--no-loopback', '-q'])).toMatchObject({ loopback: false, quiet: true })
  expect(read([], { SOCKYARD_LOOPBACK: 'false', SOCKYARD_QUIET: '1' })).toMatchObject({
    loopback: false,
    quiet: true,
  })
  expect(read(['--loopback'], { SOCKYARD_LOOPBACK: 'no' }).loopback).toBe(true)
})

test('variables without the prefix belong to others', () => {
  expect(read([], { PORT: '8080', GROUP: 'staff', LOOPBACK: 'maybe' })).toEqual(read([]))
})

test('the last of two flags wins, short flags are bundled', () => {
  expect(read(['-q4p1', '--port', '2'])).toMatchObject({ port: 2, quiet: true, ipv4: true })
})

test('-4 or -6 picks a family, none leaves it open', () => {
  expect(ipFamily(read(['-4']))).toBe(4)
  expect(ipFamily(read(['-6']))).toBe(6)
  expect(ipFamily(read([]))).toBeUndefined()
})

test('an address to listen on must be of the requested family', () => {
  expect(ipFamily({ ...read(['-4']), host: '::' })).toBe(4)
  expect(ipFamily({ ...read(['-6']), host: 'localhost' })).toBe(6)
  expect(() => ipFamily({ ...read(['-4']), host: '::1' })).toThrow(
    '--host ::1: is not an IPv4 address',
  )
})

test('--engine understands its words of earlier releases, and shows none of them', () => {
  const engines = ['auto', 'native', 'node', 'epoll', 'batch', 'dgram'].map(
    (word) => read(['--engine', word]).engine,
  )
  expect(engines).toEqual(['auto', 'native', 'node', 'native', 'native', 'node'])
  expect(() => read(['--engine', 'toString'])).toThrow(
    '--engine toString: must be auto, native, node',
  )
})

test.each([
  [['--group', '224.0.0.1,10.0.0.1'], {}, '--group 10.0.0.1: must be a multicast group'],
  [['--size', '64KiB'], {}, '--size 64KiB: must be 0 to 65507'],
  [['--share', '1.5'], {}, '--share 1.5: must be 0 to 1'],
  [['--share=-1'], {}, '--share -1: must be 0 to 1'],
  [['--pause', '2h'], {}, '--pause 2h: must be 0 to 1h'],
  [['--deadline', '597h'], {}, '--deadline 597h: must be 0 to 596h'],
  [['--mode', 'odd'], {}, '--mode odd: must be fast, slow'],
  [['-z'], {}, 'unknown option -z; --help lists the options'],
  [['--no-port'], {}, 'unknown option --no-port; --help lists the options'],
  [['-p'], {}, '--port: needs a value'],
  [['--label', '--quiet'], {}, '--label: needs a value'],
  [['--quiet=yes'], {}, '--quiet: takes no value'],
  [['-p', '1e3'], {}, '--port 1e3: must be a whole number, 0 to 65535'],
  [['--deny', '::1'], {}, 'unknown option --deny; --help lists the options'],
  [['-46'], {}, '--ipv4 and --ipv6 cannot be combined'],
  [
    ['-4'],
    { SOCKYARD_IPV6: 'true' },
    '--ipv4 and environment variable SOCKYARD_IPV6 cannot be combined',
  ],
  [['--no-ipv6'], {}, 'unknown option --no-ipv6'],
  [['--rate', '5', '--window', '5'], {}, '--rate and --window cannot be combined'],
  [['--plain'], {}, '--plain requires --quiet'],
  [['-p', '-1'], {}, '--port -1: must be 0 to 65535'],
  [['--pause', '-5'], {}, '--pause -5: must be seconds, or a duration such as 200ms'],
  [
    [],
    { SOCKYARD_QUIET: 'maybe' },
    'environment variable SOCKYARD_QUIET maybe: must be true or false',
  ],
  [
    [],
    { SOCKYARD_QUIET: 'constructor' },
    'environment variable SOCKYARD_QUIET constructor: must be true or false',
  ],
  [
    ['-c', '5'],
    { SOCKYARD_DEADLINE: '1s' },
    'environment variable SOCKYARD_DEADLINE 1s: must not be given with --count',
  ],
])('%j %j: %s', (args, environment, message) => {
  expect(() => read(args, environment)).toThrow(message)
})
