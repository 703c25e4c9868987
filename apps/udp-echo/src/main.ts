import { run } from '@sockyard/service/run'

import { pingCommand } from './ping-command.ts'
import { serve } from './serve-command.ts'

await run(process, {
  name: 'udp-echo',
  summary: 'Sends back what it is sent, over UDP (RFC 862)',
  commands: [serve, pingCommand],
})
