import { describeWithDocker } from '@sockyard/testkit/docker'
import { expect, it } from 'vitest'

import { startPeers, startService } from './support/container.ts'
import { startNetwork } from './support/network.ts'

describeWithDocker('echo, as foreign clients see it', () => {
  it('answers telnet over IPv4 and IPv6', async () => {
    await using network = await startNetwork()
    await using _service = await startService('tcp-echo', { network })
    await using peers = await startPeers({ network })
    for (const family of ['-4', '-6']) {
      await using telnet = peers.exec('telnet', family, 'tcp-echo', '3111')
      await telnet.waitForText(/Connected to/)
      telnet.stdin.write(`hello by telnet ${family}\n`)
      await telnet.waitForText(new RegExp(`hello by telnet ${family}`))
    }
  })
})
