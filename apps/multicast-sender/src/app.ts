import { appDescription } from '@sockyard/catalog'
import { type App, serverCommand } from '@sockyard/service/lifecycle'

import { sendOptions } from './config.ts'
import { Sender } from './server/sender.ts'

const send = serverCommand({
  name: 'send',
  summary: 'send numbered datagrams to groups',
  examples: [
    { args: '--interface 127.0.0.1 --count 3', description: 'three datagrams over loopback' },
    { args: '--group ff15::4321 --rate 100', description: '100 a second to an IPv6 group' },
  ],
  adminPort: 9104,
  options: sendOptions,
  create: (context) => new Sender(context),
})

export const app: App = {
  ...appDescription('multicast-sender'),
  commands: [send],
}
