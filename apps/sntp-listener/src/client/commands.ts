import { parseTarget } from '@sockyard/net/address'
import { command } from '@sockyard/service/lifecycle'

import { NTP_PORT, queryOptions } from '../config.ts'

export const queryCommand = command({
  name: 'query',
  summary: 'measure the offset of an NTP server',
  examples: [{ args: 'localhost:10123', description: 'four requests to an NTP server' }],
  operands: [{ name: 'HOST[:PORT]', description: `an NTP server; default port ${NTP_PORT}` }],
  options: queryOptions,
  run: async (context) => (await import('./query.ts')).query(context),
  check: async ({ operands }) => void parseTarget(operands[0] ?? '', NTP_PORT),
})
