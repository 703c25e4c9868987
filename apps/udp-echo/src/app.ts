import { appDescription } from '@sockyard/catalog'
import { type App, serverCommand } from '@sockyard/service/lifecycle'

import { clientCommands } from './client/commands.ts'
import { serveOptions } from './config.ts'
import { createEchoServer } from './server/echo-server.ts'

export const app: App = {
  ...appDescription('udp-echo'),
  commands: [
    serverCommand({
      name: 'serve',
      summary: 'echo what clients send',
      examples: [
        { args: '--port 7777 --engine node', description: 'another port, over node:dgram' },
        { args: '--design parallel', description: 'a pool of threads' },
      ],
      adminPort: 9102,
      options: serveOptions,
      create: createEchoServer,
    }),
    ...clientCommands,
  ],
}
