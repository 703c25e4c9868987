import { type App, command } from '@sockyard/service/command'
import { serverCommand } from '@sockyard/service/server-command'

import { createChatServer } from './chat-server.ts'
import { joinOptions, serveOptions } from './config.ts'
import { join } from './join.ts'

const serve = serverCommand({
  name: 'serve',
  summary: 'hold the chat',
  adminPort: 9103,
  options: serveOptions,
  create: createChatServer,
})

const joinCommand = command({
  name: 'join',
  summary: 'take part in a chat, from a terminal or in a pipe',
  operands: [{ name: 'HOST[:PORT]', description: 'where the chat is; port 2020 unless told' }],
  options: joinOptions,
  run: join,
})

export const app: App = {
  name: 'chat',
  summary: 'A chat for everybody with telnet, nc or ncat',
  commands: [serve, joinCommand],
}
