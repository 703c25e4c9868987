import { appDescription } from '@sockyard/catalog'
import type { App } from '@sockyard/service/lifecycle'

import { clientCommands } from './client/commands.ts'
import { serve } from './server/echo-server.ts'

export const app: App = {
  ...appDescription('sctp-echo'),
  commands: [serve, ...clientCommands],
}
