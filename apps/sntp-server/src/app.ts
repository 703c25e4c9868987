import type { App } from '@sockyard/service/command'
import { serverCommand } from '@sockyard/service/server-command'

import { serveOptions } from './config.ts'
import { createNtpServer } from './ntp-server.ts'

export const app: App = {
  name: 'sntp-server',
  summary: 'Tells the time of the system clock to NTP clients, and broadcasts it (RFC 5905)',
  commands: [
    serverCommand({
      name: 'serve',
      summary: 'Answer requests, and broadcast where told to',
      adminPort: 9107,
      options: serveOptions,
      create: createNtpServer,
    }),
  ],
}
