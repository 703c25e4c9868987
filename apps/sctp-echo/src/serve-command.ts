import { serverCommand } from '@sockyard/service/server-command'

import { serveOptions } from './config.ts'
import { createEchoServer } from './echo-server.ts'

export const serve = serverCommand({
  name: 'serve',
  summary: 'Echo each message on the next stream',
  adminPort: 9110,
  options: serveOptions,
  create: createEchoServer,
})
