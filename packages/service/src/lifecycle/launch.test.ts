import { spawn, spawnSync } from 'node:child_process'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { startApp } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'

import * as metrics from '../metrics/prometheus.ts'

const GREETER = 'packages/service/src/example/main.ts'
const ARGUMENTS = ['--host', '127.0.0.1', '--port', '0']
const launchFile = fileURLToPath(new URL('launch.ts', import.meta.url))

/** What a launched app finds. */
const SCRIPT = `
  import { readFileSync } from 'node:fs'
  import { launch } from ${JSON.stringify(launchFile)}
  await launch(process, async () => {
    const { pid, execArgv, env } = process
    const { NODE_COMPILE_CACHE: cache, MALLOC_TOP_PAD_: heapPadding } = env
    console.log(JSON.stringify({ pid, execArgv, cache, heapPadding, passed: readFileSync(0, 'utf8') }))
    process.exit()
  })`

test('the process is replaced by one with a compile cache: its number and its standard streams stay', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'launch-'))
  writeFileSync(join(folder.path, 'script.mjs'), SCRIPT)
  writeFileSync(join(folder.path, 'passed'), 'hello')
  const { NODE_COMPILE_CACHE: _cache, NODE_OPTIONS: _options, ...env } = process.env
  const command = 'exec "$0" script.mjs <passed'
  const started = spawn('sh', ['-c', command, process.execPath], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  })
  expect(JSON.parse(await text(started.stdout))).toEqual({
    pid: started.pid,
    execArgv: ['--max-semi-space-size=4'],
    cache: expect.stringMatching(/node_modules\/\.cache\/node$/),
    heapPadding: '67108864',
    passed: 'hello',
  })
})

test('the parts of the metrics library are those of its whole', () => {
  const whole = createRequire(import.meta.url)('@prometheus-io/client')
  const { Counter, Gauge, Histogram, Registry } = metrics
  expect({ Counter, Gauge, Histogram, Registry }).toEqual({
    Counter: whole.Counter,
    Gauge: whole.Gauge,
    Histogram: whole.Histogram,
    Registry: whole.Registry,
  })
  // The one that is left out, because it loads OpenTelemetry, is made by ourselves.
  const { metricsList } = whole.collectDefaultMetrics
  expect([...metrics.PROCESS_METRICS, 'processCpuTotal'].toSorted()).toEqual(metricsList.toSorted())
})

test('the admin endpoint does not load the WebSocket client of node:http, as an import of node:http does', () => {
  const program = `
    const isLoaded = () => process.moduleLoadList.some((name) => name.endsWith('undici/undici'))
    await import(${JSON.stringify(import.meta.resolve('../http/index.ts'))})
    const before = isLoaded()
    await import('node:http')
    console.log(before, isLoaded())`
  const args = ['--input-type=module', '--eval', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: 'false true\n', stderr: '' })
})

test('without a writable cache the start succeeds, without a message', async () => {
  const env = { NODE_COMPILE_CACHE: '/dev/null/nowhere' }
  await using app = await startApp(GREETER, ARGUMENTS, { env })
  await app.listening()
  app.kill('SIGTERM')
  expect(await app.exited).toEqual({ code: 0, signal: null })
  expect(app.stderr).toBe('')
})
