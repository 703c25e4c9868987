import { describeWithDocker } from '@sockyard/testkit/docker'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { adminEvents, adminText } from './support/admin.ts'
import { adminPorts } from './support/apps.ts'
import { composeRun, composeUp, type ComposedYard } from './support/compose.ts'
import { docker } from './support/docker.ts'
import { inspect } from './support/inspect.ts'
import { sampleOf } from './support/sample.ts'

const CLIENTS = ['tcp-echo-client', 'udp-echo-client', 'sctp-echo-client']
const GROUPS = ['239.255.43.21', 'ff15::4321']
/** What the programs that have a native engine say of it. */
const ENGINES = {
  'tcp-echo': /listening transport=tcp .*engine=native\b/,
  'udp-echo': /listening transport=udp .*engine=native\b/,
  'multicast-sender': /^.* sender \d+ to .*, engine native \(.*\), /m,
  'multicast-receiver-1': /^.* receiving .*, engine native \(.*\); /m,
}
/** The second receiver has one of its own. */
const ADMIN_PORTS = [...adminPorts, 9115]

describeWithDocker('docker compose up --wait', () => {
  let yard: ComposedYard

  beforeAll(async () => {
    yard = await composeUp()
  })
  afterAll(() => yard[Symbol.asyncDispose]())

  it('returns when all fifteen are healthy', async () => {
    expect(yard.services).toHaveLength(15)
    for (const service of yard.services) {
      const { State } = await inspect(yard.containerId(service))
      expect({ service, health: State.Health.Status }).toEqual({ service, health: 'healthy' })
    }
  })

  it.each(Object.entries(ENGINES))('%s runs on its native engine', async (service, says) => {
    const [told] = await yard.log(service).waitForText(says)
    expect(told).toMatch(/\bnative\b/)
  })

  it.each(CLIENTS)('%s measures every echo, a readable line each', async (client) => {
    const log = yard.log(client)
    await log.waitForText(/^seq +5 .*/m)
    const lines = log.stdout.split('\n').slice(1, 7)
    const header = client.startsWith('udp') ? '  ttl \\d+' : ''
    for (const [sequence, line] of lines.entries())
      expect(line).toMatch(new RegExp(`^seq +${sequence}  64 B  time +[\\d.]+ .?s${header}$`))
  })

  it.each(['multicast-receiver-1', 'multicast-receiver-2'])(
    '%s receives every number in order, a readable line each',
    async (receiver) => {
      for (const group of GROUPS) {
        const heard = new RegExp(
          `${group} from \\S+:\\d+ on \\S+ TTL \\d+ sequence=(\\d+) 64 B delay=.* .?s$`,
          'gm',
        )
        const log = yard.log(receiver)
        await log.waitForText(new RegExp(`${group} .* sequence=8 `))
        const sequences = [...log.stdout.matchAll(heard)].map(([, sequence]) => Number(sequence))
        expect(sequences).toEqual(sequences.map((_, index) => index))
      }
    },
  )

  it('the listener finds the clock of the server right within its uncertainty', async () => {
    await yard
      .log('sntp-listener')
      .waitForText(/offset [+-][\d.]+ .?s ± [\d.]+ .?s from .* stratum 10/)
    const samples = []
    for await (const event of adminEvents(yard.address, 9106)) {
      const sample = sampleOf(event)
      if (sample !== undefined && samples.push(sample) === 4) break
    }
    for (const { offsetMicros, uncertaintyMicros } of samples)
      expect(Math.abs(Number(offsetMicros))).toBeLessThanOrEqual(Number(uncertaintyMicros))
  })

  it.each(ADMIN_PORTS)('the admin endpoint on port %i answers', async (port) => {
    for (const path of ['/livez', '/readyz']) await adminText(yard.address, port, path)
    expect(await adminText(yard.address, port, '/metrics')).toMatch(/^sockyard_\w+(\{.*\})? \d/m)
  })

  it('/events says what the log says', async () => {
    for await (const event of adminEvents(yard.address, 9105)) {
      expect(sampleOf(event)).toMatchObject({ sizeBytes: 64, group: expect.any(String) })
      break
    }
  })

  it('no container may do more than it must', async () => {
    for (const service of yard.services) {
      const { Config, HostConfig } = await inspect(yard.containerId(service))
      expect({ service, user: Config.User, ...HostConfig }).toMatchObject({
        service,
        user: 'node',
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        CapAdd: null,
        Privileged: false,
        SecurityOpt: ['no-new-privileges:true'],
        Init: true,
        PidsLimit: 64,
        Memory: 256 * 1024 * 1024,
      })
    }
  })

  it('ports are published on the loopback address only', async () => {
    const { services } = JSON.parse(await docker(['compose', 'config', '--format', 'json']))
    const addresses = Object.values<{ ports?: { host_ip: string }[] }>(services).flatMap(
      ({ ports = [] }) => ports.map((port) => port.host_ip),
    )
    expect(new Set(addresses)).toEqual(new Set(['127.0.0.1']))
    for (const service of yard.services) {
      const { NetworkSettings } = await inspect(yard.containerId(service))
      const published = Object.values(NetworkSettings.Ports).flatMap((ports) => ports ?? [])
      expect(published.filter(({ HostIp }) => HostIp !== yard.address)).toEqual([])
    }
  })

  it('each ends with exit code 0 when it is stopped, and the clients have lost nothing', async () => {
    // As `docker compose stop` has it: the clients go before the servers that they ask.
    const servers = yard.services.filter((service) => !CLIENTS.includes(service))
    for (const group of [CLIENTS, servers])
      await Promise.all(group.map((service) => docker(['stop', yard.containerId(service)])))
    for (const service of yard.services) {
      const { State } = await inspect(yard.containerId(service))
      expect({ service, code: State.ExitCode }).toEqual({ service, code: 0 })
    }
    for (const client of CLIENTS) {
      const log = yard.log(client)
      await log.exited
      expect(log.stdout).toMatch(/^answered: sent +(\d+) +received +\1 +lost +0 /m)
    }
  })
})

describeWithDocker('docker compose --profile survey run survey', () => {
  it('finds that the networks between three containers carry everything, multicast too', async () => {
    const report = await composeRun('survey')
    for (const check of ['tcp-path-mtu', 'udp-sizes', 'sctp-association'])
      expect(report).toMatch(new RegExp(`^OK +${check} +agent-1 to agent-3$`, 'm'))
    // A busy machine may lose some of them; it does not lose all.
    expect(report).toMatch(/^(OK|WARN) +multicast-any-source +agent-3 to agent-1/m)
    expect(report).toMatch(/: 0 failed, /)
  })
})
