import type { App } from '@sockyard/service/command'
import { serverCommand } from '@sockyard/service/server-command'

import { listenOptions } from './config.ts'
import { createListener } from './listener.ts'
import { queryCommand } from './query-command.ts'

export const app: App = {
  name: 'sntp-listener',
  summary: 'Listens to NTP broadcasts and tells how far their clocks are off (RFC 5905)',
  commands: [
    serverCommand({
      name: 'listen',
      summary: 'Listen to broadcasts and multicasts; never sets a clock',
      adminPort: 9106,
      options: listenOptions,
      create: createListener,
    }),
    queryCommand,
  ],
}
