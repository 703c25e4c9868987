import { serverCommand } from '@sockyard/service/server-command'

import { serveOptions } from './config.ts'
import { createEchoServer } from './echo-server.ts'

export const serve = serverCommand({
  name: 'serve',
  summary: 'Echo whatever comes',
  adminPort: 9101,
  options: serveOptions,
  create: createEchoServer,
})
