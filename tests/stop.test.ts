import { describeWithDocker } from '@sockyard/testkit/docker'
import type { StartedNetwork } from 'testcontainers'
import { expect, it } from 'vitest'

import { type RunningContainer, startPeers, startService } from './support/container.ts'
import { docker } from './support/docker.ts'
import { inspect } from './support/inspect.ts'
import { startNetwork } from './support/network.ts'

const SERVICES = {
  'tcp-echo': [],
  'udp-echo': [],
  chat: [],
  'multicast-sender': [],
  'multicast-receiver': [],
  'sntp-listener': [],
  'sntp-server': ['--group', '224.0.1.1'],
  daytime: [],
  'sctp-echo': [],
  inetd: [],
}

interface Stop {
  code: number
  /** True, or after how many seconds. */
  inTime: true | number
}

const CLEAN: Stop = { code: 0, inTime: true }

describeWithDocker('docker stop', () => {
  it('ends each service with exit code 0 within 6 s', async () => {
    await using network = await startNetwork()
    await using stack = new AsyncDisposableStack()
    const containers = await Promise.all(
      Object.entries(SERVICES).map(([app, command]) => startService(app, { network, command })),
    )
    for (const container of containers) stack.use(container)
    for (const container of containers) expect(await stop(container)).toEqual(CLEAN)
  })

  it(
    'ends the chat with a client that neither reads nor leaves, twenty times of twenty',
    { timeout: 180_000 },
    async () => {
      await using network = await startNetwork()
      await using peers = await startPeers({ network })
      for (let wave = 0; wave < 4; wave++)
        expect(await stopFiveWithStuckClients(network, peers)).toEqual([
          CLEAN,
          CLEAN,
          CLEAN,
          CLEAN,
          CLEAN,
        ])
    },
  )
})

async function stopFiveWithStuckClients(
  network: StartedNetwork,
  peers: RunningContainer,
): Promise<Stop[]> {
  await using stack = new AsyncDisposableStack()
  const names = [1, 2, 3, 4, 5].map((each) => `chat-${each}`)
  const chats = await Promise.all(names.map((alias) => startService('chat', { network, alias })))
  for (const chat of chats) stack.use(chat)
  const clients = names.map((alias) => stack.use(peers.exec('nc', alias, '2020')))
  await Promise.all(clients.map((client) => client.waitForText(/welcome/)))
  await peers.run('pkill', '-STOP', '-x', 'nc')
  const stops = await Promise.all(chats.map(stop))
  await peers.run('pkill', '-KILL', '-x', 'nc')
  return stops
}

/** From SIGTERM to the end of the process: what Docker then does with the container and its network is not ours. */
async function stop({ id, log }: RunningContainer): Promise<Stop> {
  await docker(['stop', id])
  const { ExitCode: code, FinishedAt: finishedAt } = (await inspect(id)).State
  const { at } = await log.waitForLog(({ msg }) => msg === 'stopping')
  const seconds = (Date.parse(finishedAt) - Date.parse(String(at))) / 1_000
  return { code, inTime: seconds < 6 || seconds }
}
