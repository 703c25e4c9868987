import { appDescription } from '@sockyard/catalog'
import { type App, serverCommand } from '@sockyard/service/lifecycle'

import { receiveOptions } from './config.ts'
import { Receiver } from './server/receiver.ts'

const receive = serverCommand({
  name: 'receive',
  summary: 'receive groups, and report each datagram',
  examples: [
    { args: '--interface 127.0.0.1', description: 'over loopback' },
    {
      args: '--group 239.255.43.21 --count 3 --deadline 10s',
      description: 'three datagrams, or exit code 1',
    },
  ],
  adminPort: 9105,
  options: receiveOptions,
  create: (context) => new Receiver(context),
})

export const app: App = {
  ...appDescription('multicast-receiver'),
  commands: [receive],
}
