import { run } from '@sockyard/service/run'

import { commands } from './commands.ts'

await run(process, {
  name: 'lookup',
  summary:
    'Names, services, protocols, addresses and socket options, as libc and the kernel tell them',
  commands,
})
