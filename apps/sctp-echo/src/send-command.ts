import { command } from '@sockyard/service/command'
import { parseTarget } from '@sockyard/service/resolve'

import { DEFAULT_PORT, sendOptions } from './config.ts'

export const sendCommand = command({
  name: 'send',
  summary: 'Send lines "[stream]text" of standard input, and show what comes back on which stream',
  operands: [
    { name: 'HOST[:PORT]', description: `whom to ask; SCTP port ${DEFAULT_PORT} unless told` },
  ],
  options: sendOptions,
  async run(context) {
    try {
      return await (await import('./send.ts')).send(context)
    } catch (error) {
      // Told to end while the association was still being set up: nothing was sent, nothing failed.
      if (context.signal.aborted) return 0
      throw error
    }
  },
  check: async ({ operands }) => void parseTarget(operands[0] ?? '', DEFAULT_PORT),
})
