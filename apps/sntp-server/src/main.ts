import { run } from '@sockyard/service/run'
import { serverCommand } from '@sockyard/service/server-command'

import { serveOptions } from './config.ts'
import { createNtpServer } from './ntp-server.ts'

await run(process, {
  name: 'sntp-server',
  summary: 'Tells the time of the system clock to NTP clients, and broadcasts it (RFC 5905)',
  commands: [
    serverCommand({
      name: 'serve',
      summary: 'Answer requests, and broadcast where told to',
      adminPort: 9107,
      options: serveOptions,
      create: createNtpServer,
    }),
  ],
})
