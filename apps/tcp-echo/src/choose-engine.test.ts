import { runApp } from '@sockyard/testkit/run-app'
import { startApp } from '@sockyard/testkit/start-app'
import { expect, it, vi } from 'vitest'

import { chooseEngine } from './choose-engine.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

it('auto is epoll, unless the socket was opened by another program', () => {
  const auto = { engine: 'auto', workers: 1 } as const
  expect(chooseEngine(auto, false)).toEqual({ engine: 'epoll' })
  const why = 'the socket was opened by another program'
  expect(chooseEngine(auto, true)).toEqual({ engine: 'node', why })
  expect(() => chooseEngine({ engine: 'epoll', workers: 1 }, true)).toThrow(why)
  expect(() => chooseEngine({ engine: 'node', workers: 2 }, false)).toThrow('--workers 2')
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

it('without koffi auto serves with node:net, and epoll says what is missing', async () => {
  const env = { NODE_OPTIONS: `--import=${WITHOUT_KOFFI}` }
  const args = ['--host', '127.0.0.1', '--port', '0']
  await using app = await startApp('tcp-echo', args, { env })
  const chosen = await app.waitForLog(({ msg }) => msg === 'engine')
  expect(chosen).toMatchObject({ engine: 'node', why: 'koffi cannot be loaded' })
  await app.listening()
  const { code, stderr } = await runApp('tcp-echo', ['--engine', 'epoll'], { env })
  expect(stderr).toContain('--engine epoll: cannot run here: koffi cannot be loaded')
  expect(code).toBe(2)
  expect((await runApp('tcp-echo', ['--workers', '2'], { env })).stderr).toBe(
    'tcp-echo: --workers 2: takes the engine epoll: koffi cannot be loaded\n',
  )
})
