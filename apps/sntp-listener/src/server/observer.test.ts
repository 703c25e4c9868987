import type { NtpFields } from '@sockyard/protocol/ntp'
import { describe, expect, it } from 'vitest'

import { broadcastAt, KEY, packetWith, signedAt } from '../packets.testing.ts'
import { type Observation, Observer, type ObserverOptions } from './observer.ts'

const SECOND = 1_000_000_000n
const START = 1_772_366_400_000_000_000n
/** 2036-02-07 06:28:16 UTC, where NTP's era 1 begins. */
const ERA_1 = 2_085_978_496n * SECOND
const keys = new Map([[KEY.id, KEY]])
const from = { address: '192.0.2.1', port: 123 }

function observer(changes: Partial<ObserverOptions> = {}): Observer {
  return new Observer({
    admit: () => undefined,
    authentication: { keys, required: false },
    maximumSources: 10,
    assumedDelay: 4_000_000n,
    maximumStep: SECOND,
    silentAfter: 4,
    exchange: false,
    ...changes,
  })
}

function moment(second: number, start = START) {
  return { wallNanos: start + BigInt(Math.round(second * 1e9)), millis: second * 1_000 }
}

function said(observation: Observation): string {
  return observation.verdict === 'accept' ? (observation.news ?? 'accepted') : observation.reason
}

/** What an exchange at `second` shows: a clock that is ahead by so many nanoseconds, give or take 0.2 ms. */
function exchanged(offsetNanos: bigint, second: number) {
  return { offsetNanos, uncertaintyNanos: 200_000n, at: moment(second).wallNanos, confirmed: true }
}

/** What becomes of a broadcast that arrives at `second` and says that it is `ahead` seconds later. */
function hear(
  to: Observer,
  second: number,
  {
    ahead = 0,
    signed = false,
    ...changes
  }: Partial<NtpFields> & { ahead?: number; signed?: boolean } = {},
  sender = from,
): string {
  const at = moment(second)
  const time = moment(second + ahead).wallNanos
  return said(to.observe((signed ? signedAt : broadcastAt)(time, changes), sender, at))
}

describe('a source', () => {
  it('appears, is heard, goes silent and is heard again', () => {
    const to = observer()
    expect([0, 1, 2].map((second) => hear(to, second))).toEqual([
      'appeared',
      'accepted',
      'accepted',
    ])
    expect(to.poll(5_000)).toEqual([])
    expect(to.poll(6_500).map(({ address }) => address)).toEqual(['192.0.2.1'])
    expect(to.poll(7_000)).toEqual([])
    expect(hear(to, 8)).toBe('heard again')
    expect(to.source('192.0.2.1')).toMatchObject({ state: 'heard', accepted: 4 })
  })

  it('is forgotten when it stays silent', () => {
    const to = observer()
    hear(to, 0)
    hear(to, 1)
    to.poll(60_000)
    expect([...to.sources()]).toEqual([])
    expect(hear(to, 61)).toBe('appeared')
  })

  it('is not silent because it sends to several groups in a row', () => {
    const to = observer()
    for (const second of [0, 0.001, 2, 2.001, 4, 4.001, 6, 6.001, 8, 8.001]) hear(to, second)
    expect(to.poll(12_000)).toEqual([])
    expect(to.poll(17_000)).toHaveLength(1)
  })

  it('is right across 2036-02-07 06:28:16 UTC', () => {
    const to = observer()
    const offsets = [-3, -2, -1, 0, 1, 2].map((second) => {
      const at = moment(second, ERA_1)
      const seen = to.observe(broadcastAt(at.wallNanos - 100_000n), from, at)
      return seen.verdict === 'accept' ? seen.source.measurement?.offsetNanos : seen.reason
    })
    // The assumed delay of 4 ms less the real one of 0.1 ms.
    for (const offset of offsets) expect(Math.abs(Number(offset) - 3_900_000)).toBeLessThan(10)
  })

  it('keeps the others known while 100,000 forged ones are heard, in bounded memory', () => {
    const to = observer({ maximumSources: 100 })
    hear(to, 0)
    hear(to, 1)
    const at = moment(1.5)
    const bytes = broadcastAt(at.wallNanos)
    for (let forged = 0; forged < 100_000; forged += 1)
      to.observe(
        bytes,
        { address: `10.${forged >> 16}.${(forged >> 8) & 255}.${forged & 255}`, port: 123 },
        at,
      )
    expect(hear(to, 2)).toBe('accepted')
    expect([...to.sources()].length).toBeLessThanOrEqual(200)
  })
})

describe('each refusal', () => {
  it.each<[string, Parameters<typeof hear>[2]]>([
    ['mode', { mode: 4 }],
    ['version', { version: 5 }],
    ['zero-timestamp', { transmitRaw: 0n }],
    ['stratum-unspecified', { stratum: 0, referenceIdRaw: 0 }],
    ['kiss-code', { stratum: 0, referenceIdRaw: 0x52415445 }],
    ['stratum-unsynchronised', { stratum: 16 }],
    ['leap-unsynchronised', { leap: 3 }],
    ['root-distance', { rootDispersionNanos: 16n * SECOND }],
    ['step', { ahead: 3_600 }],
    ['step', { ahead: -2 }],
    ['mac-wrong', { mac: { keyId: 1, digest: new Uint8Array(16) } }],
  ])('has its own reason: %s', (reason, changes) => {
    expect(hear(observer(), 0, changes)).toBe(reason)
  })

  it('is counted for a source that is known', () => {
    const to = observer()
    hear(to, 0)
    hear(to, 0)
    hear(to, 1, { stratum: 16 })
    const refused = to.source('192.0.2.1')?.refused
    expect(Object.fromEntries(refused ?? [])).toEqual({ duplicate: 1, 'stratum-unsynchronised': 1 })
  })

  it('comes before anything is parsed, for an invalid source', () => {
    const to = observer({
      admit: ({ address }) => (address === '192.0.2.1' ? 'denied' : undefined),
    })
    expect(hear(to, 0)).toBe('denied')
    expect(said(to.observe(new Uint8Array(5), { address: '192.0.2.2', port: 1 }, moment(0)))).toBe(
      'malformed',
    )
  })
})

/** Has heard one source at seconds 0 to 4. */
function known(signed = false): Observer {
  const to = observer()
  for (const second of [0, 1, 2, 3, 4]) hear(to, second, { signed })
  return to
}

describe('a step', () => {
  it('forward, signed, is believed with the third broadcast that agrees', () => {
    const to = known(true)
    const heard = [5, 6, 7, 8].map((second) => hear(to, second, { ahead: 10, signed: true }))
    expect(heard).toEqual(['step', 'step', 'stepped', 'accepted'])
    const offset = to.source('192.0.2.1')?.measurement?.offsetNanos ?? 0n
    expect(Number(offset) / 1e9).toBeCloseTo(10, 1)
  })

  it('unsigned is believed only after the source confirmed it', () => {
    const to = known()
    const observe = (second: number) =>
      to.observe(broadcastAt(moment(second + 10).wallNanos), from, moment(second))
    const asked = [5, 6, 7].map(observe).at(-1)
    if (asked?.verdict !== 'refuse' || asked.ask === undefined)
      throw new Error('no exchange requested')
    expect(hear(to, 8, { ahead: 10 })).toBe('step')
    expect(asked.ask.answered(exchanged(10n * SECOND, 7))).toBe(true)
    expect(hear(to, 9, { ahead: 10 })).toBe('stepped')
  })

  it('that an exchange shows before the broadcasts do is a step all the same', () => {
    const to = known()
    to.confirm(from.address, exchanged(10n * SECOND, 4.5))
    expect([5, 6].map((second) => hear(to, second, { ahead: 9.9999 }))).toEqual([
      'stepped',
      'accepted',
    ])
    expect(hear(to, 7)).toBe('replayed')
  })

  it('stays rejected when the source does not confirm it', () => {
    for (const answer of [exchanged(0n, 7), null]) {
      const to = known()
      const seen = [5, 6, 7].map((second) =>
        to.observe(broadcastAt(moment(second + 10).wallNanos), from, moment(second)),
      )
      const asked = seen.at(-1)
      if (asked?.verdict !== 'refuse' || asked.ask === undefined)
        throw new Error('no exchange requested')
      expect(asked.ask.answered(answer)).toBe(false)
      const later = [8, 9, 10, 11, 12].map((second) => hear(to, second, { ahead: 10 }))
      expect(new Set(later)).toEqual(new Set(['step']))
    }
  })

  it('is over when the old time is heard again, whatever the source answers then', () => {
    const to = known()
    const observe = (second: number) =>
      to.observe(broadcastAt(moment(second + 10).wallNanos), from, moment(second))
    const asked = [5, 6, 7].map(observe).at(-1)
    if (asked?.verdict !== 'refuse' || asked.ask === undefined)
      throw new Error('no exchange requested')
    expect(asked.ask.isOver).toBe(false)
    expect(hear(to, 7.5)).toBe('accepted')
    expect(asked.ask.isOver).toBe(true)
  })

  it('of one never accepted is over when it is', () => {
    const to = observer()
    const observe = (second: number) =>
      to.observe(broadcastAt(moment(second - 100).wallNanos), from, moment(second))
    const asked = [0, 1, 2].map(observe).at(-1)
    if (asked?.verdict !== 'refuse' || asked.ask === undefined)
      throw new Error('no exchange requested')
    expect(hear(to, 3)).toBe('appeared')
    expect(asked.ask.isOver).toBe(true)
  })

  it('back, signed, may be a replay: an exchange with the source decides', () => {
    const to = known(true)
    const seen = [5, 6, 7].map((second) =>
      to.observe(signedAt(moment(second - 30).wallNanos), from, moment(second)),
    )
    expect(seen.map(said)).toEqual(['replayed', 'replayed', 'replayed'])
    expect(seen.map((each) => 'ask' in each)).toEqual([false, false, true])
  })

  it('starts no exchange while the old time is heard', () => {
    const to = known()
    for (let second = 5; second < 20; second += 1) {
      for (const part of [0.1, 0.2, 0.3, 0.4]) {
        const at = moment(second + part)
        const seen = to.observe(broadcastAt(at.wallNanos + 10n * SECOND), from, at)
        expect(seen).toMatchObject({ verdict: 'refuse', reason: 'step' })
        expect(seen).not.toHaveProperty('ask')
      }
      expect(hear(to, second + 0.5)).toBe('accepted')
    }
  })

  it('applies to a new source with another time, until an exchange confirms it', () => {
    const to = observer()
    const observe = (second: number) =>
      to.observe(broadcastAt(moment(second - 100).wallNanos), from, moment(second))
    const asked = [0, 1, 2].map(observe).at(-1)
    if (asked?.verdict !== 'refuse' || asked.ask === undefined)
      throw new Error('no exchange requested')
    asked.ask.answered(exchanged(-100n * SECOND, 2))
    expect(said(observe(3))).toBe('stepped')
    expect(said(observe(4))).toBe('accepted')
  })
})

/** Has heard one source at seconds 0 to 4, and asked it. */
function confirmed(): Observer {
  const to = observer({ exchange: true })
  for (const second of [0, 1, 2, 3, 4]) hear(to, second, { ahead: -0.0001 })
  to.source(from.address)?.estimate.calibrate({
    ...exchanged(0n, 4),
    delayNanos: 200_000n,
    packet: packetWith(),
  })
  const source = to.source(from.address)
  if (source !== undefined) source.exchanges.tried = true
  to.confirm(from.address, exchanged(0n, 4))
  return to
}

describe('forgeries from the address of a source, each 0.9 s ahead of the one before', () => {
  it('are refused once an exchange has shown the offset, and the real ones are all accepted', () => {
    const to = confirmed()
    for (let second = 5; second < 100; second += 1) {
      for (const part of [0.2, 0.4, 0.6])
        expect(hear(to, second + part - 0.1, { ahead: 0.9 * (second - 4) })).toBe('step')
      expect(hear(to, second + 0.7, { ahead: -0.0001 })).toBe('accepted')
    }
    const { offsetNanos, uncertaintyNanos } = to.source(from.address)?.measurement ?? {}
    expect(Math.abs(Number(offsetNanos))).toBeLessThan(1_000_000)
    expect(uncertaintyNanos).toBeLessThan(1_000_000)
  })

  it('do not lead an offset that no exchange confirms', () => {
    const to = observer()
    for (const second of [0, 1, 2, 3]) hear(to, second)
    const forged = [1, 2, 3, 4, 5, 6, 7].map((step) => hear(to, 3 + step, { ahead: 0.9 * step }))
    expect(forged).toEqual(['accepted', ...Array.from({ length: 6 }, () => 'step')])
    const { offsetNanos = 0n, uncertaintyNanos = 0n } = to.source(from.address)?.measurement ?? {}
    // The one that could be true is believed by no more than 500 ppm of a second.
    expect(offsetNanos - uncertaintyNanos).toBeLessThan(5_000_000n)
  })

  it('do not make the real ones look replayed', () => {
    const to = observer()
    for (const second of [0, 1, 2, 3]) hear(to, second)
    for (const second of [4, 5, 6, 7]) {
      expect(hear(to, second, { ahead: 0.9 })).toBe('accepted')
      expect(hear(to, second + 0.5)).toBe('accepted')
    }
  })

  it('do not set its interval', () => {
    const to = observer({ exchange: true })
    hear(to, 0, { poll: 6 })
    for (let part = 1; part < 20; part += 1) hear(to, part / 100, { poll: 6 })
    expect(to.source(from.address)?.intervalMillis).toBe(64_000)
  })
})

describe('a source that was asked', () => {
  it('may be late, as when a broadcast is held up', () => {
    const to = confirmed()
    expect(hear(to, 5, { ahead: -0.3 })).toBe('accepted')
    const { offsetNanos = 0n, uncertaintyNanos = 0n } = to.source(from.address)?.measurement ?? {}
    expect(offsetNanos + uncertaintyNanos).toBeGreaterThanOrEqual(0n)
  })

  it('may drift by 500 ppm until it is asked again', () => {
    const to = confirmed()
    expect(hear(to, 104, { ahead: 0.051 })).toBe('step')
    expect(hear(to, 105, { ahead: 0.049 })).toBe('accepted')
  })
})

/** So many sources, one after the other, each heard so often. */
function flood(to: Observer, second: number, sources: number, times: number): void {
  for (let forged = 0; forged < sources; forged += 1)
    for (let heard = 0; heard < times; heard += 1) {
      const sender = { address: `10.0.${forged >> 8}.${forged & 255}`, port: 123 }
      hear(to, second + heard / 10, { poll: 10 }, sender)
    }
}

describe('a flood of forged sources with a poll field of 10', () => {
  it('does not keep a real source out', () => {
    const to = observer({ maximumSources: 100 })
    flood(to, 0, 128, 2)
    for (const second of [10, 74, 138]) hear(to, second, { poll: 6 })
    flood(to, 139, 1_000, 1)
    expect(hear(to, 202, { poll: 6 })).toBe('accepted')
  })

  it('does not push out a source that was asked', () => {
    const to = observer({ maximumSources: 100 })
    hear(to, 0)
    to.confirm(from.address, exchanged(0n, 0))
    flood(to, 1, 1_000, 5)
    expect(hear(to, 2, { ahead: -0.0001 })).toBe('accepted')
    expect([...to.sources()].at(0)?.address).toBe(from.address)
  })

  it('is forgotten within an hour or so', () => {
    const to = observer({ maximumSources: 100 })
    flood(to, 0, 100, 2)
    to.poll(3_700_000)
    expect([...to.sources()]).toEqual([])
  })
})
