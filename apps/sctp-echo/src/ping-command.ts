import { command } from '@sockyard/service/command'
import { parseTarget } from '@sockyard/service/resolve'

import { DEFAULT_PORT, pingOptions } from './config.ts'

export const pingCommand = command({
  name: 'ping',
  summary: 'Measure round trips over all streams, and verify every byte that comes back',
  operands: [
    { name: 'HOST[:PORT]', description: `an echo server; SCTP port ${DEFAULT_PORT} unless told` },
  ],
  options: pingOptions,
  async run(context) {
    try {
      return await (await import('./ping.ts')).ping(context)
    } catch (error) {
      // Told to end while the association was still being set up: nothing was measured, nothing failed.
      if (context.signal.aborted) return 0
      throw error
    }
  },
  check: async ({ operands }) => void parseTarget(operands[0] ?? '', DEFAULT_PORT),
})
