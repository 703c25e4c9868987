import { appDescription } from '@sockyard/catalog'
import { type App, serverCommand } from '@sockyard/service/lifecycle'

import { clientCommands } from './client/commands.ts'
import { serveOptions } from './config.ts'
import { createEchoServer } from './server/echo-server.ts'

const serve = serverCommand({
  name: 'serve',
  summary: 'echo what clients send',
  examples: [
    { args: '--port 7777 --engine node', description: 'another port, over node:net' },
    { args: '--design spawn', description: 'a process for each connection' },
  ],
  adminPort: 9101,
  options: serveOptions,
  create: createEchoServer,
})

export const app: App = {
  ...appDescription('tcp-echo'),
  commands: [serve, ...clientCommands],
}
