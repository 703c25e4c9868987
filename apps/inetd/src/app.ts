import type { App } from '@sockyard/service/command'

import { serveCommand } from './serve-command.ts'

/** @param node the path of the node that runs us */
export function createApp(node: string): App {
  return {
    name: 'inetd',
    summary: 'Listens for many services, and starts a program when somebody comes (inetd(8))',
    commands: [serveCommand(node)],
  }
}
