import { describeWithDocker } from '@sockyard/testkit/docker'
import type { LogLine } from '@sockyard/testkit/process'
import { expect, it } from 'vitest'

import { startService } from './support/container.ts'
import { docker, dockerProcess } from './support/docker.ts'
import { loseDatagrams } from './support/loss.ts'
import { startNetwork } from './support/network.ts'
import { endOf } from './support/sample.ts'

// With 3,000 datagrams, 3 points are more than five standard deviations.
const COUNT = 3_000
const GROUPS = ['239.255.43.21', 'ff15::4321']

describeWithDocker('a network that loses 10 %', () => {
  it.each(['-4', '-6'])('udp-echo ping %s measures it', async (family) => {
    await using network = await startNetwork()
    await using server = await startService('udp-echo', { network })
    await loseDatagrams(server, 0.1)
    const name = network.getName()
    const flags = ['--interval', '2ms', '--count', String(COUNT), '--quiet', '--json', family]
    const ping = ['sockyard/udp-echo', 'ping', 'udp-echo', ...flags]
    await using client = dockerProcess('run', '--rm', '--network', name, ...ping)
    expect(await client.exited).toEqual({ code: 1, signal: null })
    const end = client.lines.map(endOf).find((each) => each !== undefined)
    expect(end).toMatchObject({ sent: COUNT, duplicated: 0, malformed: 0 })
    expectTenPercent(end?.['lost'])
  })

  it('the multicast receiver measures it, over IPv4 and IPv6', async () => {
    await using network = await startNetwork()
    const groups = GROUPS.flatMap((group) => ['--group', group])
    await using receiver = await startService('multicast-receiver', {
      network,
      command: [...groups, '--quiet'],
    })
    await loseDatagrams(receiver, 0.1)
    const flags = ['--interval', '2ms', '--count', String(COUNT), '--quiet']
    await using sender = await startService('multicast-sender', {
      network,
      command: [...groups, ...flags],
    })
    await sender.log.exited
    await docker(['stop', receiver.id])
    await receiver.log.exited
    const flows = flowsOf(receiver.log.lines)
    expect(new Set(flows.map(({ group }) => group))).toEqual(new Set(GROUPS))
    for (const { lost } of flows) expectTenPercent(lost)
  })
})

function flowsOf(lines: readonly LogLine[]): Record<string, unknown>[] {
  const flows = lines.map(endOf).find((end) => end !== undefined)?.['flows']
  return Array.isArray(flows) ? flows : []
}

function expectTenPercent(lost: unknown): void {
  const percent = (100 * Number(lost)) / COUNT
  expect(percent).toBeGreaterThan(7)
  expect(percent).toBeLessThan(13)
}
