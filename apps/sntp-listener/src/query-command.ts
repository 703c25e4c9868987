import { command } from '@sockyard/service/command'
import { parseTarget } from '@sockyard/service/resolve'

import { NTP_PORT, queryOptions } from './config.ts'

export const queryCommand = command({
  name: 'query',
  summary: 'Ask an NTP server how far its clock is off',
  operands: [{ name: 'HOST[:PORT]', description: `an NTP server; port ${NTP_PORT} unless told` }],
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
  check: async ({ operands }) => void parseTarget(operands[0] ?? '', NTP_PORT),
})
