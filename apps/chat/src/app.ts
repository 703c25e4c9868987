import { appDescription } from '@sockyard/catalog'
import { type App, command, serverCommand } from '@sockyard/service/lifecycle'

import { joinOptions, serveOptions } from './config.ts'
import { createChatServer } from './server/chat-server.ts'

const serve = serverCommand({
  name: 'serve',
  summary: 'serve the chat',
  examples: [
    { args: '--port 2323', description: 'another port' },
    { args: '--relay', description: 'relay bytes, without names' },
  ],
  adminPort: 9103,
  options: serveOptions,
  create: createChatServer,
})

const joinCommand = command({
  name: 'join',
  summary: 'take part in a chat, from a terminal or in a pipe',
  examples: [{ args: 'localhost --nick zoe', description: 'join as zoe' }],
  operands: [{ name: 'HOST[:PORT]', description: 'a chat server; default port 2020' }],
  options: joinOptions,
  run: async (context) => (await import('./client/join.ts')).join(context),
})

export const app: App = {
  ...appDescription('chat'),
  commands: [serve, joinCommand],
}
