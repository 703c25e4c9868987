import { runApp, startApp } from '@sockyard/testkit/process'
import { expect, it, vi } from 'vitest'

import { chooseDesign } from './choose-design.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const ASKED = {
  design: 'event-loop',
  engine: 'auto',
  workers: undefined,
  connections: undefined,
  maxChildren: undefined,
  maxConnections: 2_000,
} as const

it('auto is native, whether the socket was opened by another program or not', () => {
  expect(chooseDesign(ASKED, false)).toMatchObject({ engine: 'native', workers: 1 })
  expect(chooseDesign(ASKED, true)).toMatchObject({ engine: 'native', workers: 1 })
  const why = 'cannot run here: the socket was opened by another program'
  expect(() => chooseDesign({ ...ASKED, design: 'accept' }, true)).toThrow(
    `--design accept: ${why}`,
  )
  expect(() => chooseDesign({ ...ASKED, workers: 2 }, true)).toThrow(`--workers 2: ${why}`)
  const threads = { ...ASKED, engine: 'node', workers: 2 } as const
  expect(() => chooseDesign(threads, false)).toThrow('--workers 2: requires the engine native')
})

it('the earlier words epoll still mean the native engine', async () => {
  for (const words of [
    ['--engine', 'epoll'],
    ['--design', 'epoll'],
  ]) {
    await using app = await startApp('tcp-echo', ['--host', '127.0.0.1', '--port', '0', ...words])
    const line = await app.waitForLog(
      ({ msg, transport }) => msg === 'listening' && transport === 'tcp',
    )
    expect(line).toMatchObject({ engine: 'native', design: 'event-loop' })
  }
})

/** Reads before any module does that koffi is not there. */
const WITHOUT_KOFFI = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'koffi') throw new Error('Cannot find module koffi')
      return next(specifier, context)
    },
  })`)}`

it('without koffi auto uses node:net, and native is an error that names koffi', async () => {
  const env = { NODE_OPTIONS: `--import=${WITHOUT_KOFFI}` }
  const args = ['--host', '127.0.0.1', '--port', '0']
  await using app = await startApp('tcp-echo', args, { env })
  const chosen = await app.waitForLog(({ msg }) => msg === 'engine')
  expect(chosen).toMatchObject({ engine: 'node', why: 'koffi cannot be loaded' })
  await app.listening()
  const { code, stderr } = await runApp('tcp-echo', ['--engine', 'native'], { env })
  expect(stderr).toContain('--engine native: cannot run here: koffi cannot be loaded')
  expect(code).toBe(2)
  expect((await runApp('tcp-echo', ['--workers', '2'], { env })).stderr).toBe(
    'tcp-echo: --workers 2: requires the engine native: koffi cannot be loaded\n',
  )
})
