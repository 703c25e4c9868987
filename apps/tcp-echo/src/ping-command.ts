import { command } from '@sockyard/service/command'
import { parseTarget } from '@sockyard/service/resolve'

import { DEFAULT_PORT, pingOptions } from './config.ts'

export const pingCommand = command({
  name: 'ping',
  summary: 'Measure round trips or throughput, and verify every byte that comes back',
  operands: [
    { name: 'HOST[:PORT]', description: `an echo server; port ${DEFAULT_PORT} unless told` },
  ],
  options: pingOptions,
  async run(context) {
    try {
      if (!context.options.bulk) return await (await import('./ping.ts')).ping(context)
      return await (await import('./bulk.ts')).bulk(context)
    } catch (error) {
      // Told to end while still connecting: nothing was measured, and nothing failed.
      if (context.signal.aborted) return 0
      throw error
    }
  },
  check: async ({ operands }) => void parseTarget(operands[0] ?? '', DEFAULT_PORT),
})
