import { consoleLab, consoleLabRun } from '@sockyard/protocol/results'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { get, startConsole } from '../console.testing.ts'
import { Lab } from './lab.ts'

/** Each starts a process, which a busy machine may take long for. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let running: Awaited<ReturnType<typeof startConsole>>
beforeAll(async () => {
  running = await startConsole()
})
afterAll(() => running.app[Symbol.asyncDispose]())

const post = (experiment: string, headers: Record<string, string> = {}) =>
  get(running.port, `/api/lab?experiment=${experiment}`, headers, 'POST')

test('the experiments are listed, and each says what it shows', async () => {
  const { status, text } = await get(running.port, '/api/lab')
  expect(status).toBe(200)
  const { state, experiments } = consoleLab.parse(JSON.parse(text))
  expect(state).toBe('ready')
  expect(experiments).toContainEqual({
    experiment: 'peek',
    about: 'MSG_PEEK reads without removing the data',
  })
})

test('an experiment is run: its calls with their results, in the order in which they were made', async () => {
  const { status, text } = await post('peek')
  expect(status).toBe(200)
  const { experiment, steps, lesson } = consoleLabRun.parse(JSON.parse(text))
  expect(experiment).toBe('peek')
  expect(lesson).toMatch(/^Peeked data/)
  expect(steps[1]).toMatchObject({ who: 'server', call: 'recv', returned: 3, got: '"hel"' })
  const times = steps.map(({ at }) => at)
  expect(times).toEqual(times.toSorted())
})

test('one runs at a time', async () => {
  const lab = new Lab(process.execPath, true)
  await lab.overview()
  const first = lab.run('peek')
  await expect(lab.run('peek')).rejects.toMatchObject({ fault: 'busy' })
  expect(await first).toMatchObject({ experiment: 'peek' })
})

test('what was asked for is counted, by what became of it', async () => {
  await post('nosuch')
  const admin = await running.app.adminPort()
  const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text()
  expect(metrics).toContain('sockyard_console_lab_runs_total{outcome="busy"} 0\n')
  expect(metrics).toMatch(/_lab_runs_total\{outcome="unknown"\} [1-9]/)
})

test.each(['', 'nosuch', 'all', '--help', 'list'])('"%s" is no experiment', async (name) => {
  expect(await post(name)).toMatchObject({ status: 404 })
})

test('nothing is run for another site, and nothing by a GET', async () => {
  const form = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  expect(await post('peek', { ...form, origin: 'http://evil.example' })).toMatchObject({
    status: 403,
  })
  expect(await post('peek', form)).toMatchObject({ status: 403 })
  const { text } = await get(running.port, '/api/lab?experiment=peek')
  expect(JSON.parse(text)).not.toHaveProperty('steps')
})

test('--no-lab switches it off', async () => {
  const { app, port } = await startConsole(['--no-lab'])
  await using _ = app
  const { text } = await get(port, '/api/lab')
  expect(JSON.parse(text)).toEqual({ state: 'off', experiments: [] })
  expect(await get(port, '/api/lab?experiment=peek', {}, 'POST')).toMatchObject({ status: 403 })
})
