import { type App, command } from '@sockyard/service/command'
import { serverCommand } from '@sockyard/service/server-command'

import { meetOptions, serveOptions } from './config.ts'
import { createGreeter } from './greeter.ts'
import { meet } from './meet.ts'

const serve = serverCommand({
  name: 'serve',
  summary: 'greet whoever connects',
  adminPort: 9199,
  options: serveOptions,
  create: createGreeter,
})

const meetCommand = command({
  name: 'meet',
  summary: 'listen to greetings',
  operands: [{ name: 'HOST:PORT', description: 'where a greeter listens' }],
  options: meetOptions,
  run: meet,
})

export const app: App = {
  name: 'greeter',
  summary: 'greets over TCP, as an example of an app',
  commands: [serve, meetCommand],
}
