import type { App } from '@sockyard/service/command'

import { messageCommands } from './message-commands.ts'
import { pingCommand } from './ping-command.ts'
import { serve } from './serve-command.ts'

export const app: App = {
  name: 'tcp-echo',
  summary: 'Sends back what it is sent, over TCP (RFC 862)',
  commands: [serve, pingCommand, ...messageCommands],
}
