import type { App } from '@sockyard/service/command'

import { queryCommand } from './query-command.ts'
import { serve } from './serve-command.ts'

export const app: App = {
  name: 'daytime',
  summary: 'Tells the date and the time, over TCP and UDP (RFC 867, RFC 868)',
  commands: [serve, queryCommand],
}
