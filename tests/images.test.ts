import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { describeWithDocker } from '@sockyard/testkit/docker'
import { describe, expect, it } from 'vitest'

import { apps } from './support/apps.ts'
import { docker, dockerProcess } from './support/docker.ts'
import { inspect } from './support/inspect.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Of the catalog, what a program needs to run. */
const RUN_TIME = new Set([
  '@nats-io/jetstream',
  '@nats-io/kv',
  '@nats-io/transport-node',
  '@prometheus-io/client',
  'koffi',
  'pino',
  'string-width',
  'zod',
])
/** What the console's page is made of: served as it is installed. */
const PAGE = /^(@preact\/|preact$|htm$|d3-|uplot$)/
/** They run to their end. */
const TOOLS = new Set(['lab', 'lookup', 'survey'])
/** As in docker-compose.yml. */
const HARDENED = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges:true']
const LISTS = 'cd /yard && ls apps && echo && ls packages && echo && ls node_modules/.pnpm && echo'
const TESTS = "find apps packages -name '*.test*.ts'"

describeWithDocker('the image of each app', () => {
  it.each(apps)('%s holds what it needs to run, and nothing else', async (app) => {
    const listed = await run(app, ['--entrypoint', 'sh'], ['-c', `${LISTS} && ${TESTS}`])
    const [folders, packages, installed = [], tests] = listed
      .split('\n\n')
      .map((list) => list.trim().split('\n'))
    expect(folders).toEqual([app])
    const needed = dependenciesOf(`apps/${app}`).map((name) => name.replace('@sockyard/', ''))
    expect(packages).toEqual(needed.toSorted())
    expect(developed(installed)).toEqual([])
    expect(tests).toEqual([''])
  })

  it.each(apps)('%s checks its configuration in a container that may do nothing', async (app) => {
    expect(await run(app, HARDENED, ['--check'])).toBe(`${app}: the configuration is valid\n`)
  })

  describe('calls libc in such a container', () => {
    it('lookup', async () => {
      expect(await run('lookup', HARDENED, ['service', 'ssh'])).toMatch(/^22\/tcp +ssh\n/)
    })

    it('lab', async () => {
      expect(await run('lab', HARDENED, ['peek'])).toContain('recv(3, MSG_PEEK) = 3 "hel"')
    })
  })
})

describeWithDocker('the image of all apps', () => {
  it('holds every app, and nothing else than what they need to run', async () => {
    const listed = await run('sockyard', ['--entrypoint', 'sh'], ['-c', `${LISTS} && ${TESTS}`])
    const [folders, , installed = [], tests] = listed
      .split('\n\n')
      .map((list) => list.trim().split('\n'))
    expect(folders).toEqual(apps.toSorted())
    expect(developed(installed)).toEqual([])
    expect(tests).toEqual([''])
  })

  it('lists them', async () => {
    const listed = await run('sockyard', HARDENED, ['list'])
    for (const app of apps) expect(listed).toMatch(new RegExp(`^${app} `, 'm'))
  })

  it('runs a service, and its client beside it', async () => {
    await using server = await detached('sockyard', HARDENED, 'udp-echo')
    await using log = dockerProcess('logs', '--follow', server.id)
    await log.listening('udp')
    const ping = ['sockyard', 'udp-echo', 'ping', 'localhost', '--count', '1', '--wait', '20s']
    expect(await docker(['exec', server.id, ...ping])).toMatch(/received +1 +lost +0/)
  })
})

describeWithDocker('an image by itself', () => {
  it.each(apps.filter((app) => !TOOLS.has(app)))('%s names its ports and itself', async (app) => {
    const [image] = JSON.parse(await docker(['image', 'inspect', `sockyard/${app}`]))
    const { ExposedPorts, Labels, Env } = image.Config
    const adminPort = Env.find((each: string) => each.startsWith('SOCKYARD_ADMIN_PORT='))
    expect(Object.keys(ExposedPorts)).toContain(`${adminPort?.split('=')[1]}/tcp`)
    expect(Labels).toMatchObject({
      'org.opencontainers.image.title': `sockyard-${app}`,
      'org.opencontainers.image.licenses': 'MIT',
    })
  })

  it('is healthy when its service serves, and when its client measures', async () => {
    await using server = await detached('udp-echo', [])
    expect(await healthOf(server.id)).toBe('healthy')
    const beside = ['--network', `container:${server.id}`, '--env', 'SOCKYARD_ADMIN_PORT=9202']
    await using client = await detached('udp-echo', beside, 'ping', 'localhost')
    expect(await healthOf(client.id)).toBe('healthy')
  })
})

async function detached(app: string, options: readonly string[], ...args: readonly string[]) {
  const id = (await docker(['run', '--detach', ...options, `sockyard/${app}`, ...args])).trim()
  return { id, [Symbol.asyncDispose]: async () => void (await docker(['rm', '--force', id])) }
}

/** Once it is not starting any more. */
async function healthOf(id: string): Promise<string> {
  for (;;) {
    const { Status: status } = (await inspect(id)).State.Health
    if (status !== 'starting') return status
    await sleep(500)
  }
}

function run(app: string, options: readonly string[], args: readonly string[]): Promise<string> {
  return docker(['run', '--rm', ...options, `sockyard/${app}`, ...args])
}

/** Of what is installed, what only development needs. */
function developed(installed: readonly string[]): string[] {
  expect(development()).toContain('vitest')
  return installed.filter((each) => development().some((name) => each.startsWith(`${name}@`)))
}

/** What of the catalog only development needs, as pnpm names its folders. */
function development(): string[] {
  const catalog = readFileSync(`${root}/pnpm-workspace.yaml`, 'utf8').matchAll(
    /^  '?([@\w/-]+)'?: [\^\d]/gm,
  )
  return [...catalog].flatMap(([, name = '']) =>
    RUN_TIME.has(name) || PAGE.test(name) ? [] : [name.replace('/', '+')],
  )
}

/** The workspace packages that one depends on at run time, and they in turn. */
function dependenciesOf(folder: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(`${root}/${folder}/package.json`, 'utf8'))
  const direct = Object.keys(dependencies).filter((name) => name.startsWith('@sockyard/'))
  const further = direct.flatMap((name) => dependenciesOf(name.replace('@sockyard', 'packages')))
  return [...new Set([...direct, ...further])]
}
