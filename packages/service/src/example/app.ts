import { type App, command, serverCommand } from '@sockyard/service/lifecycle'

import { meetOptions, serveOptions } from './config.ts'
import { createGreeter } from './greeter.ts'
import { meet } from './meet.ts'

const serve = serverCommand({
  name: 'serve',
  summary: 'greet each client',
  adminPort: 9199,
  options: serveOptions,
  examples: [{ args: '--greeting hi', description: 'greet with another text' }],
  create: createGreeter,
})

const meetCommand = command({
  name: 'meet',
  summary: 'listen to greetings',
  operands: [{ name: 'HOST:PORT', description: 'address of a greeter' }],
  options: meetOptions,
  examples: [{ args: 'localhost:3999 --count 1', description: 'print one greeting' }],
  run: meet,
})

export const app: App = {
  name: 'greeter',
  summary: 'greets over TCP, as an example of an app',
  commands: [serve, meetCommand],
}
