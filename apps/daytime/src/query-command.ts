import { command } from '@sockyard/service/command'
import { parseTarget } from '@sockyard/service/resolve'

import { DAYTIME_PORT, queryOptions, TIME_PORT } from './config.ts'

export const queryCommand = command({
  name: 'query',
  summary: 'Ask a server for the time, and compare it with the clock here',
  operands: [
    {
      name: 'HOST[:PORT]',
      description: `a server; port ${DAYTIME_PORT}, or ${TIME_PORT} with --time, unless told`,
    },
  ],
  options: queryOptions,
  async run(context) {
    try {
      return await (await import('./query.ts')).query(context)
    } catch (error) {
      // Told to end while still looking the name up: nothing was measured, and nothing failed.
      if (context.signal.aborted) return 0
      throw error
    }
  },
  check: async ({ operands }) => void parseTarget(operands[0] ?? '', DAYTIME_PORT),
})
