import { echoPingEvent } from '@sockyard/protocol/results'
import { runApp, startInTerminal } from '@sockyard/testkit/process'
import { describe, expect, it } from 'vitest'

import { formatBitRate, formatDuration, formatMicros, formatShare } from './format.ts'
import { breakLines, cutLine } from './terminal.ts'

const fixture = 'packages/probe/src/report/fixtures/report.ts'

const interval = '    1 s  sent    10  received     0  lost     1 (10 %)  reordered 2  —'
const text = [
  'ping localhost 127.0.0.1 port 3333 over udp: 64 B every 1 s',
  'seq    0  64 B  time   85 µs',
  'seq    1  64 B  no answer in time',
  interval,
  'answered: sent    10  received     9  lost     1 (10 %)  reordered 2  in 1 s',
  'round trip  min   80 µs  mean 85.3 µs  p50   85 µs  p90   90 µs  p99  1.2 ms  p999 1.23 ms  max 1.23 ms  stddev    9 µs',
  '',
]

describe('createReporter', () => {
  it('writes lines for a person, and no live line where there is no terminal', async () => {
    expect((await runApp(fixture, [])).stdout.split('\n')).toEqual(text)
  })

  it('writes JSON lines as the published schema has them', async () => {
    const { stdout } = await runApp(fixture, ['--json'])
    const lines = stdout.trimEnd().split('\n')
    const events = lines.map((line) => echoPingEvent.parse(JSON.parse(line)))
    for (const { at } of events) expect(at).toMatch(/^\d{4}-\d\d-\d\dT.*\.\d{6}Z$/)
    expect(events.map(({ event }) => event)).toEqual([
      'start',
      'sample',
      'sample',
      'interval',
      'end',
    ])
  })

  it('leaves the samples out when quiet', async () => {
    expect((await runApp(fixture, ['--quiet'])).stdout).not.toContain('seq')
    expect((await runApp(fixture, ['--quiet', '--json'])).stdout).not.toContain('sample')
  })

  it('on a terminal rewrites one live line in place, below the others, and removes it at the end', async () => {
    await using terminal = startInTerminal(fixture, [])
    expect(await terminal.exited).toMatchObject({ code: 0 })
    expect(terminal.stdout).toContain('\r\u001B[2K')
    expect(screen(terminal.stdout)).toEqual(text)
    const beforeLast = terminal.stdout.slice(0, terminal.stdout.indexOf('seq    1'))
    expect(screen(beforeLast)).toEqual([...text.slice(0, 2), ''])
    const shown = terminal.stdout.slice(0, beforeLast.lastIndexOf('\r'))
    expect(screen(shown).at(-1)).toMatch(/sent {4}11 .* max 1\.23 ms$/)
  })

  it('on a terminal of 80 columns breaks no figure and fills no last column', async () => {
    await using terminal = startInTerminal(fixture, [], { columns: 80 })
    await terminal.exited
    const shown = terminal.stdout
      .replaceAll('\r\n', '\n')
      .replaceAll('\r\u001B[2K', '\n')
      .split('\n')
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThan(80)
    expect(shown).toContain('    1 s  sent    11  received     9  lost     1 (9.09 %)  reordered 2')
    expect(terminal.stdout).toMatch(/\n {4}p999 1\.23 ms {2}max 1\.23 ms {2}stddev {4}9 µs\r\n/)
  })

  it('on a terminal that is dumb writes lines only', async () => {
    await using terminal = startInTerminal(fixture, [], { env: { TERM: 'dumb' } })
    await terminal.exited
    expect(terminal.stdout).not.toContain('\u001B')
    expect(terminal.stdout).toContain('answered: sent')
  })

  it('counts wide characters twice', () => {
    const narrow = { columns: 12, canErase: true }
    expect(breakLines('ping 日本語.example  next', narrow)).toBe('ping 日本語.example\n    next')
    expect(breakLines('日本語  next', narrow)).toBe('日本語\n    next')
    expect(cutLine('日本語日本語日本語', narrow)).toBe('日本語日本')
  })

  it('on a terminal has no live line among JSON', async () => {
    await using terminal = startInTerminal(fixture, ['--json'])
    await terminal.exited
    expect(terminal.stdout).not.toContain('\u001B')
  })
})

/** What a terminal would show: erasing the line empties the last one. */
function screen(output: string): string[] {
  const lines = output.replaceAll('\r\n', '\n').split('\n')
  return lines.map((line) => line.split('\r\u001B[2K').at(-1) ?? '')
}

describe('formats', () => {
  it.each([
    [85, '85 µs'],
    [85.25, '85.3 µs'],
    [1_200, '1.2 ms'],
    [999.9, '1 ms'],
    [999_900, '1 s'],
    [12_345, '12.3 ms'],
    [2_050_000, '2.05 s'],
    [-0.34, '-340 ns'],
    [0, '0 ns'],
  ])('%d µs reads %s', (micros, expected) => {
    expect(formatMicros(micros)).toBe(expected)
  })

  it.each([
    [200, '200 ms'],
    [1_000, '1 s'],
    [90_123, '90.1 s'],
  ])('%d ms reads %s', (millis, expected) => {
    expect(formatDuration(millis)).toBe(expected)
  })

  it('rates and shares', () => {
    expect(formatBitRate(1.17625e9)).toBe('9.41 Gbit/s')
    expect(formatBitRate(0)).toBe('0 bit/s')
    expect(formatShare(0, 0)).toBe('0 %')
    expect(formatShare(1, 8)).toBe('12.5 %')
  })
})
