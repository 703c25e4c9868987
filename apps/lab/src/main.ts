import { run } from '@sockyard/service/run'

import { commands } from './commands.ts'

await run(process, {
  name: 'lab',
  summary: 'The calls of sockets, played between two real ones, each step shown and explained',
  commands,
})
