import { describeWithDocker } from '@sockyard/testkit/docker'
import { expect, it } from 'vitest'

import { type RunningContainer, startService } from './support/container.ts'
import { docker } from './support/docker.ts'
import { startNetwork } from './support/network.ts'
import { sampleOf } from './support/sample.ts'

const TIMES = 25

describeWithDocker('a network that goes and comes back', () => {
  it(
    `the multicast receiver receives again within 5 s, ${TIMES} times of ${TIMES}`,
    { timeout: 240_000 },
    async () => {
      await using network = await startNetwork()
      const groups = ['--group', '239.255.43.21', '--group', 'ff15::4321']
      await using receiver = await startService('multicast-receiver', { network, command: groups })
      const command = [...groups, '--interval', '250ms']
      await using _sender = await startService('multicast-sender', { network, command })
      await receiverHears(receiver)
      const seconds = []
      for (let time = 0; time < TIMES; time++) {
        await docker(['network', 'disconnect', network.getName(), receiver.id])
        await docker(['network', 'connect', network.getName(), receiver.id])
        const begin = performance.now()
        await receiverHears(receiver)
        seconds.push((performance.now() - begin) / 1_000)
      }
      expect(seconds).toHaveLength(TIMES)
      expect(Math.max(...seconds)).toBeLessThan(5)
    },
  )
})

/** Resolves when a datagram of each group came that is not in the log yet. */
async function receiverHears({ log }: RunningContainer): Promise<void> {
  const before = log.lines.length
  for (const group of ['239.255.43.21', 'ff15::4321'])
    await log.waitForLog(
      (line) => sampleOf(line)?.['group'] === group && log.lines.indexOf(line) >= before,
    )
}
