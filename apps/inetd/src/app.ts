import { execPath } from 'node:process'

import type { App } from '@sockyard/service/command'

import { serveCommand } from './serve-command.ts'

export const app: App = {
  name: 'inetd',
  summary: 'Listens for many services, and starts a program when somebody comes (inetd(8))',
  commands: [serveCommand(execPath)],
}
