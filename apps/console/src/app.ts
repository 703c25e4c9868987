import { appDescription } from '@sockyard/catalog'
import { type App, serverCommand } from '@sockyard/service/lifecycle'

import { serveOptions } from './config.ts'
import { createConsole } from './console.ts'

/** @param node the path of the node that runs us */
export function createApp(node: string): App {
  return {
    ...appDescription('console'),
    commands: [
      serverCommand({
        name: 'serve',
        summary: 'show the services in a browser',
        examples: [
          { args: '', description: 'the yard of this host' },
          { args: '--port 3081', description: 'at another port' },
        ],
        adminPort: 9111,
        options: serveOptions,
        create: (context) => createConsole(context, node),
      }),
    ],
  }
}
