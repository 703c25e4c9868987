import type { App } from '@sockyard/service/command'
import { serverCommand } from '@sockyard/service/server-command'

import { receiveOptions } from './config.ts'
import { createReceiver } from './receiver.ts'

const receive = serverCommand({
  name: 'receive',
  summary: 'receive until stopped, or as many as asked for',
  adminPort: 9105,
  options: receiveOptions,
  create: createReceiver,
})

export const app: App = {
  name: 'multicast-receiver',
  summary: 'Receives multicast groups, and measures each sender (RFC 1112, RFC 4291, RFC 4607)',
  commands: [receive],
}
