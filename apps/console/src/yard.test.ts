import { writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import {
  consoleEvents,
  consoleSamples,
  consoleSeries,
  consoleServices,
  consoleTopology,
} from '@sockyard/protocol/results'
import { randomGroup } from '@sockyard/testkit/network'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { z } from 'zod'

import { get, startConsole } from './console.testing.ts'

const PATIENCE = { timeout: 40_000 }
const LOCAL = ['--host', '127.0.0.1', '--port', '0']

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'console-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** What the console answers, which is as its published schema says. */
async function ask<Schema extends z.ZodType>(
  port: number,
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { status, text } = await get(port, path)
  expect({ status, path, text }).toMatchObject({ status: 200 })
  return schema.parse(JSON.parse(text))
}

async function adminOf(app: RunningApp): Promise<string> {
  return `127.0.0.1:${await app.adminPort()}`
}

async function statesOf(port: number): Promise<Record<string, string>> {
  const { services } = await ask(port, '/api/services', consoleServices)
  return Object.fromEntries(services.map(({ id, state }) => [id, state]))
}

/** The numbers of the datagrams that a sender has told of, in the order of the console's store. */
async function sequencesOf(port: number, service: string): Promise<number[]> {
  const { events } = await ask(port, '/api/events?after=0&limit=1000', consoleEvents)
  return events
    .filter((each) => each.service === service && each.event === 'sample')
    .map((each) => (each['data'] as { sequence: number }).sequence)
}

/** Sends a datagram every 50 ms, and logs each. */
function startSender(group: string): Promise<RunningApp> {
  const args = ['--interface', '127.0.0.1', '--group', group, '--interval', '50ms', '--json']
  return startApp('multicast-sender', args)
}

/** What is stored is what the sender has logged, from its first line on. */
async function expectEachOnce(sender: RunningApp, stored: readonly number[]): Promise<void> {
  const logged = (): number[] =>
    sender.lines
      .filter(({ event }) => event === 'sample')
      .map(({ data }) => (data as { sequence: number }).sequence)
  await expect.poll(() => logged().length, PATIENCE).toBeGreaterThanOrEqual(stored.length)
  expect(stored).toEqual(logged().slice(0, stored.length))
}

test('services and who talks to whom are shown', async () => {
  const group = randomGroup()
  await using echo = await startApp('udp-echo', LOCAL)
  await using receiver = await startApp('multicast-receiver', [
    '--interface',
    '127.0.0.1',
    '--group',
    group,
  ])
  await using sender = await startSender(group)
  const { port: echoPort } = await echo.listening('udp')
  await using ping = await startApp('udp-echo', ['ping', `127.0.0.1:${echoPort}`, '-i', '100ms'])
  expect(ping.pid).toBeGreaterThan(0)
  const ids = [await adminOf(echo), await adminOf(receiver), await adminOf(sender)]
  const { app, port } = await startConsole(ids.flatMap((id) => ['--services', `http://${id}`]))
  await using _ = app
  const [echoId, receiverId, senderId] = ids.map((id) => `service:${id}`)
  const shown = async (): Promise<string[]> => {
    const { edges } = await ask(port, '/api/topology', consoleTopology)
    return edges
      .filter(({ kind, packetsPerSecond }) => kind === 'membership' || (packetsPerSecond ?? 0) > 1)
      .map(({ from, to, transport, kind }) => `${from} ${to} ${transport} ${kind}`)
  }
  await expect
    .poll(shown, PATIENCE)
    .toEqual(
      expect.arrayContaining([
        expect.stringMatching(`^client:127.0.0.1:\\d+ ${echoId} udp flow$`),
        `${receiverId} group:${group} multicast membership`,
        `${senderId} group:${group} multicast delivery`,
        `group:${group} ${receiverId} multicast delivery`,
      ]),
    )
  // The sender is a service: it is no foreign client as well.
  expect((await shown()).filter((edge) => edge.includes(`group:${group} multicast`))).toHaveLength(
    2,
  )
  const { series } = await ask(port, '/api/series', consoleSeries)
  const received = series.find(
    ({ name, labels }) =>
      name === 'sockyard_udp_datagrams_total' && labels['direction'] === 'received',
  )
  expect(received).toMatchObject({ kind: 'rate', unit: 'per second' })
  const [from, to] = [-60_000, 0].map((millis) => new Date(Date.now() + millis).toISOString())
  const path = `/api/samples?series=${received?.id}&from=${from}&to=${to}&points=100`
  const { times, values } = await ask(port, path, consoleSamples)
  expect(times.length).toBe(values.length)
  expect(values.some((value) => (value ?? 0) > 1)).toBe(true)
})

test('a service that goes is down, and up when it comes back; a file of services is followed', async () => {
  const file = join(folder, 'services')
  const first = await startApp('tcp-echo', LOCAL)
  const id = await adminOf(first)
  writeFileSync(file, `# ours\nhttp://${id}\n`)
  const { app, port } = await startConsole(['--services', file])
  await using _ = app
  await expect.poll(() => statesOf(port), PATIENCE).toEqual({ [id]: 'up' })
  await first[Symbol.asyncDispose]()
  await expect.poll(() => statesOf(port), PATIENCE).toEqual({ [id]: 'down' })
  const adminPort = id.split(':')[1] ?? ''
  await using second = await startApp('tcp-echo', [...LOCAL, '--admin-port', adminPort])
  await expect.poll(() => statesOf(port), PATIENCE).toEqual({ [id]: 'up' })
  await using other = await startApp('udp-echo', LOCAL)
  const otherId = await adminOf(other)
  writeFileSync(file, `http://${otherId}\n`)
  await expect.poll(() => statesOf(port), PATIENCE).toEqual({ [otherId]: 'up' })
  expect(second.stderr).toBe('')
})

test('a console that is frozen costs a service nothing, and catches up', async () => {
  await using sender = await startSender(randomGroup())
  const id = await adminOf(sender)
  const { app, port } = await startConsole(['--services', `http://${id}`])
  await using _ = app
  await expect.poll(async () => (await sequencesOf(port, id)).length, PATIENCE).toBeGreaterThan(5)
  app.kill('SIGSTOP')
  await delay(5_000)
  expect((await fetch(`http://${id}/readyz`)).status).toBe(200)
  const sent = sender.lines.filter(({ event }) => event === 'sample').length
  app.kill('SIGCONT')
  await expect
    .poll(async () => (await sequencesOf(port, id)).length, PATIENCE)
    .toBeGreaterThan(sent)
  await expectEachOnce(sender, await sequencesOf(port, id))
})

test('a console that is killed and started anew has every event once, and the same history', async () => {
  await using sender = await startSender(randomGroup())
  const id = await adminOf(sender)
  const args = ['--services', `http://${id}`, '--store', join(folder, 'store')]
  const first = await startConsole(args)
  await expect
    .poll(async () => (await sequencesOf(first.port, id)).length, PATIENCE)
    .toBeGreaterThan(20)
  const from = new Date(Date.now() - 60_000).toISOString()
  const { series } = await ask(first.port, '/api/series', consoleSeries)
  const path = `/api/samples?series=${series[0]?.id}&from=${from}&to=${new Date().toISOString()}`
  const before = await ask(first.port, path, consoleSamples)
  first.app.kill('SIGKILL')
  await first.app.exited
  const second = await startConsole(args)
  await using _ = second.app
  expect(await ask(second.port, path, consoleSamples)).toEqual(before)
  const sent = sender.lines.filter(({ event }) => event === 'sample').length
  await expect
    .poll(async () => (await sequencesOf(second.port, id)).length, PATIENCE)
    .toBeGreaterThan(sent)
  await expectEachOnce(sender, await sequencesOf(second.port, id))
})

test('a store that is damaged is moved aside, with one line', async () => {
  const store = join(folder, 'store')
  writeFileSync(store, 'no database at all, and longer than the header of one'.repeat(100))
  const { app } = await startConsole(['--store', store])
  await using _ = app
  const moved = await app.waitForLog(({ msg }) => msg === 'store moved aside')
  expect(moved).toMatchObject({ level: 'warn', store, reason: expect.stringContaining('database') })
  const files = await readdir(folder)
  expect(files.some((name) => name.startsWith('store.unusable-'))).toBe(true)
  app.kill('SIGTERM')
  expect(await app.exited).toEqual({ code: 0, signal: null })
})

test('what a service says is no field of ours, and no answer can be made of it', async () => {
  const { app, port } = await startConsole()
  await using _ = app
  for (const path of [
    '/api/samples',
    '/api/samples?series=x&from=then&to=now',
    '/api/events?limit=-1',
  ])
    expect(await get(port, path)).toMatchObject({ status: 400 })
  expect(await get(port, '/api/events?limit=5')).toMatchObject({ status: 200 })
})
