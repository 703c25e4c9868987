import { appDescription } from '@sockyard/catalog'
import { type App, serverCommand } from '@sockyard/service/lifecycle'

import { queryCommand } from './client/commands.ts'
import { listenOptions } from './config.ts'
import { Listener } from './server/listener.ts'

export const app: App = {
  ...appDescription('sntp-listener'),
  commands: [
    serverCommand({
      name: 'listen',
      summary: 'listen to broadcasts and multicasts; never sets a clock',
      examples: [
        {
          args: '--port 10123 --interface 127.0.0.1',
          description: 'over loopback, without privileges',
        },
        { args: '--json', description: 'one JSON object a line' },
      ],
      adminPort: 9106,
      options: listenOptions,
      create: (context) => new Listener(context),
    }),
    queryCommand,
  ],
}
