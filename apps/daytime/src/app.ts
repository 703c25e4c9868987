import { appDescription } from '@sockyard/catalog'
import { type App, serverCommand } from '@sockyard/service/lifecycle'

import { queryCommand } from './client/commands.ts'
import { serveOptions } from './config.ts'
import { createDaytimeServer } from './server/daytime-server.ts'

const serve = serverCommand({
  name: 'serve',
  summary: 'serve the date and the time',
  examples: [
    { args: '', description: 'daytime on port 3013, time on 3037' },
    { args: '--port 0 --time-port 0', description: 'on free ports' },
  ],
  adminPort: 9108,
  options: serveOptions,
  create: createDaytimeServer,
})

export const app: App = {
  ...appDescription('daytime'),
  commands: [serve, queryCommand],
}
