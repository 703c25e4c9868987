import { describeWithDocker } from '@sockyard/testkit/docker'
import { expect, it } from 'vitest'

import { docker } from './support/docker.ts'

const ON_LAN = [
  'multicast-receiver-1',
  'multicast-receiver-2',
  'multicast-sender',
  'sntp-listener',
  'sntp-server',
]

const lan = {
  LAN_INTERFACE: 'eth0',
  LAN_SUBNET: '192.168.1.0/24',
  LAN_GATEWAY: '192.168.1.1',
  LAN_RANGE: '192.168.1.240/28',
}

describeWithDocker('the overlay compose.lan.yml', () => {
  it('puts sender, receivers, listener and server on the LAN, and nothing else', async () => {
    const { services } = await config(lan)
    const onLan = Object.entries(services).filter(([, { networks }]) => 'lan' in networks)
    expect(onLan.map(([name]) => name).toSorted()).toEqual(ON_LAN)
    for (const [, service] of onLan) {
      expect(Object.keys(service.networks)).toEqual(['lan'])
      expect(service.ports ?? []).toEqual([])
      expect(service.environment).toMatchObject({
        SOCKYARD_ADMIN_HOST: '127.0.0.1',
        SOCKYARD_LOG_FORMAT: 'text',
      })
    }
  })

  it('makes a macvlan of the interface, with IPv4 and IPv6', async () => {
    const { networks } = await config(lan)
    expect(networks['lan']).toMatchObject({
      driver: 'macvlan',
      driver_opts: { parent: 'eth0' },
      enable_ipv6: true,
      ipam: {
        config: [
          { subnet: '192.168.1.0/24', gateway: '192.168.1.1', ip_range: '192.168.1.240/28' },
          { subnet: 'fd43:23::/64' },
        ],
      },
    })
  })

  it.each(Object.keys(lan))('says what is missing without %s', async (name) => {
    await expect(config({ ...lan, [name]: '' })).rejects.toThrow(
      new RegExp(`required variable ${name} is missing a value: .*such as`),
    )
  })
})

interface Config {
  services: Record<string, { networks: object; ports?: object[]; environment: object }>
  networks: Record<string, object>
}

async function config(env: Readonly<Record<string, string>>): Promise<Config> {
  const files = ['-f', 'docker-compose.yml', '-f', 'compose.lan.yml']
  return JSON.parse(await docker(['compose', ...files, 'config', '--format', 'json'], env))
}
