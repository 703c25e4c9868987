import { expect, test } from 'vitest'
import { z } from 'zod'

import { parseArguments } from './arguments.ts'
import { count, groups, ipFamily, ipFamilyOptions, port, size } from './common-options.ts'
import { configure } from './configuration.ts'
import { readEnvironment } from './environment.ts'
import { describeOptions } from './option-description.ts'
import { byteSize, choice, cidrList, decimal, duration, flag, text } from './options.ts'

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
    mode: choice(['fast', 'slow'], 'fast'),
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
    mode: 'fast',
    allow: [],
    ipv4: false,
    ipv6: false,
  })
})

test('a list grows with every flag and every comma, and replaces the preset', () => {
  expect(read(['-g', '224.0.0.1', '--group', '232.1.1.1, 233.1.1.1']).group).toEqual([
    '224.0.0.1',
    '232.1.1.1',
    '233.1.1.1',
  ])
  expect(read([], { GROUP: '224.0.0.1,232.1.1.1' }).group).toEqual(['224.0.0.1', '232.1.1.1'])
})

test('a flag has a negative form, and words in the environment', () => {
  expect(read(['--no-loopback', '-q'])).toMatchObject({ loopback: false, quiet: true })
  expect(read([], { LOOPBACK: 'false', QUIET: '1' })).toMatchObject({
    loopback: false,
    quiet: true,
  })
  expect(read(['--loopback'], { LOOPBACK: 'no' }).loopback).toBe(true)
})

test('the last of two flags wins, short flags are bundled', () => {
  expect(read(['-q4p1', '--port', '2'])).toMatchObject({ port: 2, quiet: true, ipv4: true })
})

test('-4 and -6 pick a family, both or none leave it open', () => {
  expect(ipFamily(read(['-4']))).toBe(4)
  expect(ipFamily(read(['-6']))).toBe(6)
  expect(ipFamily(read([]))).toBeUndefined()
  expect(ipFamily(read(['-46']))).toBeUndefined()
})

test('an address to listen on is of the family asked for', () => {
  expect(ipFamily({ ...read(['-4']), host: '::' })).toBe(4)
  expect(ipFamily({ ...read(['-6']), host: 'localhost' })).toBe(6)
  expect(() => ipFamily({ ...read(['-4']), host: '::1' })).toThrow(
    '--host ::1: is not an IPv4 address',
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
  [['-z'], {}, '-z: unknown option (--help lists them)'],
  [['--no-port'], {}, '--no-port: unknown option (--help lists them)'],
  [['-p'], {}, '--port: needs a value'],
  [['--label', '--quiet'], {}, '--label: needs a value'],
  [['--quiet=yes'], {}, '--quiet: takes no value'],
  [['-p', '1e3'], {}, '--port 1e3: must be a whole number, 0 to 65535'],
  [['--deny', '::1'], {}, '--deny: unknown option (--help lists them)'],
  [[], { QUIET: 'maybe' }, 'environment variable QUIET maybe: must be true or false'],
  [
    ['-c', '5'],
    { DEADLINE: '1s' },
    'environment variable DEADLINE 1s: must not be given with --count',
  ],
])('%j %j: %s', (args, environment, message) => {
  expect(() => read(args, environment)).toThrow(message)
})
