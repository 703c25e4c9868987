import { appDescription } from '@sockyard/catalog'
import { type App, serverCommand } from '@sockyard/service/lifecycle'

import { serveOptions } from './config.ts'
import { NtpServer } from './ntp-server.ts'

export const app: App = {
  ...appDescription('sntp-server'),
  commands: [
    serverCommand({
      name: 'serve',
      summary: 'answer requests, and send broadcasts',
      examples: [
        { args: '--port 10123 --stratum 10', description: 'answer, without privileges' },
        {
          args: '--port 10123 --group 224.0.1.1 --interface 127.0.0.1',
          description: 'multicast the time too',
        },
      ],
      adminPort: 9107,
      options: serveOptions,
      create: (context) => new NtpServer(context),
    }),
  ],
}
