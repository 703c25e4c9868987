import type { App } from '@sockyard/service/command'
import { serverCommand } from '@sockyard/service/server-command'

import { sendOptions } from './config.ts'
import { createSender } from './sender.ts'

const send = serverCommand({
  name: 'send',
  summary: 'send until stopped, or as many as asked for',
  adminPort: 9104,
  options: sendOptions,
  create: createSender,
})

export const app: App = {
  name: 'multicast-sender',
  summary: 'Sends datagrams to multicast groups, over IPv4 and IPv6 (RFC 1112, RFC 4291)',
  commands: [send],
}
