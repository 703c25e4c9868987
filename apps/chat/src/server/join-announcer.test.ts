import { expect, test } from 'vitest'

import { type Announcement, JoinAnnouncer, NAMING_MILLIS } from './join-announcer.ts'

const STORM = Array.from({ length: 1000 }, (_, index) => `otter-${index + 1}`)

const LATER = NAMING_MILLIS

const lines = (announcements: readonly Announcement[]): string[] =>
  announcements.map(({ line }) => line)

/** An announcer that has announced the first five of the storm; the others wait for the summary. */
function stormAnnounced(): JoinAnnouncer {
  const announcer = new JoinAnnouncer()
  for (const name of STORM) announcer.joined(name, 0)
  announcer.due(LATER)
  return announcer
}

test('a few joins and leaves are announced at once, or when a client has had time to choose its name', () => {
  const announcer = new JoinAnnouncer()
  announcer.joined('anna', 0)
  expect(announcer.due(LATER - 1)).toEqual([])
  expect(announcer.due(LATER)).toEqual([{ line: '* anna joined', except: ['anna'] }])
  expect(announcer.left('anna')).toEqual([{ line: '* anna left' }])
  expect(announcer.endSecond(LATER)).toEqual([])
})

test('those that joined later have found the client in their list', () => {
  const announcer = new JoinAnnouncer()
  announcer.joined('anna', 0)
  announcer.joined('berta', 1)
  expect(announcer.due(LATER)).toEqual([{ line: '* anna joined', except: ['anna', 'berta'] }])
})

test('a client that leaves before it had time to choose its name is announced all the same', () => {
  const announcer = new JoinAnnouncer()
  announcer.joined('anna', 0)
  expect(lines(announcer.left('anna'))).toEqual(['* anna joined', '* anna left'])
})

test('a client that chooses its name at once is announced with that name only', () => {
  const announcer = new JoinAnnouncer()
  announcer.joined('otter-7', 0)
  expect(announcer.renamed('otter-7', 'zoe')).toEqual([])
  expect(lines(announcer.due(LATER))).toEqual(['* zoe joined'])
})

test('a thousand joins in a second make six lines', () => {
  const announcer = new JoinAnnouncer()
  for (const name of STORM) announcer.joined(name, 0)
  const announced = announcer.due(LATER)
  const summary = lines(announcer.endSecond(LATER))
  expect(announced).toHaveLength(5)
  expect(summary).toHaveLength(1)
  expect(summary[0]).toMatch(/^\* otter-6, otter-7, .* and 945 others joined$/)
})

test('a client that left again before the summary is not announced', () => {
  const announcer = stormAnnounced()
  for (const name of STORM.slice(5)) expect(announcer.left(name)).toEqual([])
  expect(announcer.endSecond(LATER)).toEqual([])
})

test('the summary has the new name of a client that was renamed meanwhile', () => {
  const announcer = new JoinAnnouncer()
  for (const name of STORM.slice(0, 6)) announcer.joined(name, 0)
  announcer.due(LATER)
  expect(announcer.renamed('otter-6', 'anna')).toEqual([])
  expect(lines(announcer.endSecond(LATER))).toEqual(['* anna joined'])
})

test('each second has its own five', () => {
  const announcer = stormAnnounced()
  announcer.endSecond(LATER)
  expect(lines(announcer.left('otter-1'))).toEqual(['* otter-1 left'])
})

test('a name is used by another client only after the first one is announced to have left', () => {
  const announcer = stormAnnounced()
  announcer.endSecond(LATER)
  for (const name of STORM.slice(0, 5)) announcer.left(name)
  expect(announcer.left('otter-9')).toEqual([])
  expect(lines(announcer.renamed('otter-10', 'otter-9'))).toEqual([
    '* otter-9 left',
    '* otter-10 is now otter-9',
  ])
  expect(announcer.endSecond(LATER)).toEqual([])
})

test('who speaks is announced before, and after an earlier client of its name', () => {
  const announcer = stormAnnounced()
  expect(announcer.before('otter-1')).toEqual([])
  expect(lines(announcer.before('otter-6'))).toEqual(['* otter-6 joined'])
  expect(announcer.left('otter-6')).toEqual([])
  announcer.renamed('otter-7', 'otter-6')
  expect(lines(announcer.before('otter-6'))).toEqual(['* otter-6 left', '* otter-6 joined'])
})
