import { serverCommand } from '@sockyard/service/server-command'

import { serveOptions } from './config.ts'
import { createDaytimeServer } from './daytime-server.ts'

export const serve = serverCommand({
  name: 'serve',
  summary: 'Tell the date and the time to whoever asks',
  adminPort: 9108,
  options: serveOptions,
  create: createDaytimeServer,
})
