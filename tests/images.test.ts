import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { describeWithDocker } from '@sockyard/testkit/docker'
import { expect, it } from 'vitest'

import { docker } from './support/docker.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const compose = readFileSync(`${root}/docker-compose.yml`, 'utf8')
const APPS = [...new Set([...compose.matchAll(/APP: ([\w-]+)/g)].map(([, app = '']) => app))]
/** Of the catalog, what a program needs to run. */
const RUN_TIME = new Set(['@prometheus-io/client', 'koffi', 'pino', 'zod'])

describeWithDocker('the image of each app', () => {
  it.each(APPS)('%s holds the packages that it depends on, and no others', async (app) => {
    expect(await list(app, '/yard/apps')).toEqual([app])
    const packages = dependenciesOf(`apps/${app}`).map((name) => name.replace('@sockyard/', ''))
    expect(await list(app, '/yard/packages')).toEqual(packages.toSorted())
  })

  it.each(APPS)('%s holds nothing that only development needs', async (app) => {
    const installed = await list(app, '/yard/node_modules/.pnpm')
    const catalog = readFileSync(`${root}/pnpm-workspace.yaml`, 'utf8').matchAll(
      /^  '?([@\w/-]+)'?: [\^\d]/gm,
    )
    const development = [...catalog].flatMap(([, name = '']) =>
      RUN_TIME.has(name) ? [] : [name.replace('/', '+')],
    )
    expect(development).toContain('vitest')
    const found = installed.filter((each) =>
      development.some((name) => each.startsWith(`${name}@`)),
    )
    expect(found).toEqual([])
    const files = await run(app, 'find', '/yard/apps', '/yard/packages', '-name', '*.test*.ts')
    expect(files).toBe('')
  })
})

async function list(app: string, folder: string): Promise<string[]> {
  return (await run(app, 'ls', folder)).trim().split('\n')
}

function run(app: string, command: string, ...args: string[]): Promise<string> {
  return docker(['run', '--rm', '--entrypoint', command, `sockyard/${app}`, ...args])
}

/** The workspace packages that one depends on at run time, and they in turn. */
function dependenciesOf(folder: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(`${root}/${folder}/package.json`, 'utf8'))
  const direct = Object.keys(dependencies).filter((name) => name.startsWith('@sockyard/'))
  const further = direct.flatMap((name) => dependenciesOf(name.replace('@sockyard', 'packages')))
  return [...new Set([...direct, ...further])]
}
