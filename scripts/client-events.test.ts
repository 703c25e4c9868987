// A client that runs until it is stopped tells the same events on its admin endpoint as `--json` prints.
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { type RunningApp, startApp } from '@sockyard/testkit/process'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { root } from './source-tree.ts'

const address = `127.47.${randomInt(256)}.${randomInt(1, 255)}`
const env = { SOCKYARD_HOST: address }
const PATIENCE = 60_000
/** NTP's own port needs a privilege; other tests have other ones. */
const ntpPort = randomInt(11_000, 30_000)

/** What is on `/events` until there is an event of this name. */
async function eventsUntil(app: RunningApp, name: string): Promise<unknown[]> {
  await expect.poll(() => app.stderr, { timeout: PATIENCE }).toMatch(/ listening .*port=\d+\n/)
  const url = `http://127.0.0.1:${/ port=(\d+)/.exec(app.stderr)?.[1]}/events`
  const signal = AbortSignal.timeout(PATIENCE)
  const { body } = await fetch(url, { headers: { 'last-event-id': 'none' }, signal })
  let text = ''
  for await (const chunk of body ?? []) {
    text += new TextDecoder().decode(chunk)
    const whole = text.slice(0, text.lastIndexOf('\n\n') + 1)
    const events = [...whole.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json))
    if (events.some(({ event }) => event === name)) return events
  }
  throw new Error(`no event ${name}: ${text}`)
}

test.each<[string, string, string, string]>([
  ['tcp-echo', `tcp-echo ping ${address} -i 100ms`, 'echo-ping', 'sample'],
  ['udp-echo', `udp-echo ping ${address} -i 100ms`, 'echo-ping', 'sample'],
  ['udp-echo', `udp-echo ping ${address} -i 5ms --csv`, 'echo-ping', 'interval'],
  ['sctp-echo', `sctp-echo ping ${address} -i 100ms`, 'echo-ping', 'sample'],
  ['daytime', `daytime query ${address} --count 0`, 'daytime-query', 'sample'],
  [
    `sntp-server --port ${ntpPort} --stratum 10`,
    `sntp-listener query ${address}:${ntpPort} --count 0`,
    'sntp-query',
    'sample',
  ],
  ['tcp-echo', `tcp-echo ping ${address} --bulk -w 30s -i 100ms`, 'tcp-bulk', 'interval'],
])('%s measured by %s: its events are on /events', { timeout: PATIENCE }, async (...row) => {
  const [server, client, schema, wanted] = row
  const [serverName = '', ...serverWords] = server.split(' ')
  const [clientName = '', ...clientWords] = client.split(' ')
  await using service = await startApp(serverName, serverWords, { env })
  await service.listening()
  await using app = await startApp(clientName, [...clientWords, '--admin-port', '0'], { env })
  const events = await eventsUntil(app, wanted)
  const results = events.filter((each) => Object.hasOwn(Object(each), 'event'))
  const published = z.fromJSONSchema(
    JSON.parse(readFileSync(`${root}/docs/schemas/${schema}.json`, 'utf8')),
  )
  for (const each of results) expect(published.safeParse(each)).toMatchObject({ success: true })
  expect(results).toContainEqual(expect.objectContaining({ event: wanted }))
})
