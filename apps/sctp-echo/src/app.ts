import type { App } from '@sockyard/service/command'

import { pingCommand } from './ping-command.ts'
import { sendCommand } from './send-command.ts'
import { serve } from './serve-command.ts'

export const app: App = {
  name: 'sctp-echo',
  summary: 'Sends back what it is sent, on the next stream, over SCTP (RFC 9260) in UDP (RFC 6951)',
  commands: [serve, sendCommand, pingCommand],
}
