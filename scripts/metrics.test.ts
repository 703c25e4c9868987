// A metric's name means one thing: whichever service exports it, with one help text, one type and the same labels.
import { randomInt } from 'node:crypto'

import { apps } from '@sockyard/catalog'
import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'

import { loadApps } from './apps.ts'

/** What one service says of one metric. */
interface Described {
  app: string
  help: string
  type: string
  labels: string
}

const address = `127.46.${randomInt(256)}.${randomInt(1, 255)}`
const env = { SOCKYARD_HOST: address, SOCKYARD_INTERFACE: '127.0.0.1', YARD_ADDRESS: address }
const PATIENCE = 120_000
/** Other tests have other ones. */
const ntpPort = randomInt(11_000, 30_000)
/** Each is measured by its own service, until it is stopped. */
const CLIENTS = [
  `tcp-echo ping ${address}`,
  `udp-echo ping ${address}`,
  `sctp-echo ping ${address}`,
  `tcp-echo ping ${address} --bulk -w 60s`,
  `chat join ${address}`,
  `daytime query ${address} --count 0`,
  `sntp-listener query ${address}:${ntpPort} --count 0`,
]
/** NTP's own port needs a privilege. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'sntp-server': ['--port', String(ntpPort), '--group', '224.0.1.1', '--interval', '100ms'],
  'sntp-listener': ['--port', String(ntpPort), '--group', '224.0.1.1'],
}
const services = apps.filter(({ adminPort }) => adminPort !== undefined).map(({ name }) => name)

async function scrape(app: RunningApp, port: number | string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  expect({ status: response.status, stderr: app.stderr }).toMatchObject({ status: 200 })
  return response.text()
}

/** Started one after the other: a busy machine has its time for each. */
async function startServices(started: AsyncDisposableStack): Promise<[string, Described][]> {
  const all = []
  for (const name of services) {
    const app = started.use(await startApp(name, ARGUMENTS[name] ?? [], { env }))
    all.push(...ours(name, await scrape(app, await app.adminPort())))
  }
  return all
}

/** Its port is on standard error, because it was picked. */
async function scrapeClient(line: string): Promise<string> {
  const [name = '', ...words] = line.split(' ')
  await using app = await startApp(name, [...words, '--admin-port', '0'], { env })
  await expect.poll(() => app.stderr, { timeout: PATIENCE }).toMatch(/ listening .*port=\d+\n/)
  return await scrape(app, / port=(\d+)/.exec(app.stderr)?.[1] ?? '')
}

/** Those of ours; the others are the library's. */
function ours(app: string, text: string): [string, Described][] {
  return [...text.matchAll(/^# HELP (sockyard_\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
    ([, name = '', help = '', type = '']) => {
      const [, series = ''] = new RegExp(`^${name}(?:_bucket)?\\{(.*)\\} `, 'm').exec(text) ?? []
      const labels = [...series.matchAll(/(\w+)="/g)].map(([, label]) => label)
      return [name, { app, help, type, labels: labels.filter((each) => each !== 'le').join(' ') }]
    },
  )
}

test(
  'each name has one help text, one type and the same labels in all services and clients',
  async () => {
    await using started = new AsyncDisposableStack()
    const all = await startServices(started)
    for (const line of CLIENTS) all.push(...ours(line, await scrapeClient(line)))
    expect(all.length).toBeGreaterThan(50)
    const known = new Map<string, Described>()
    for (const [name, described] of all) {
      const { app, help, type, labels } = known.get(name) ?? described
      // A metric without a series yet shows no labels.
      const same = described.labels === '' ? { help, type } : { help, type, labels }
      expect({ name, first: app, ...described }).toMatchObject({ name, ...same })
      if (labels === '' || !known.has(name)) known.set(name, described)
    }
  },
  PATIENCE,
)

test('every client that runs until stopped can have an admin endpoint', async () => {
  const names = (await loadApps()).flatMap(({ name, commands }) =>
    commands.flatMap((each) =>
      'interval' in each.options.shape && !('adminPort' in each.options.shape)
        ? [`${name} ${each.name}`]
        : [],
    ),
  )
  expect(names).toEqual([])
})
