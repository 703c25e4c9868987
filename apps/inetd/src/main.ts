import { run } from '@sockyard/service/run'

import { serveCommand } from './serve-command.ts'

await run(process, {
  name: 'inetd',
  summary: 'Listens for many services, and starts a program when somebody comes (inetd(8))',
  commands: [serveCommand(process.execPath)],
})
