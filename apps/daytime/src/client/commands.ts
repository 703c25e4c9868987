import { parseTarget } from '@sockyard/net/address'
import { command } from '@sockyard/service/lifecycle'

import { DAYTIME_PORT, queryOptions, TIME_PORT } from '../config.ts'

export const queryCommand = command({
  name: 'query',
  summary: 'query a server, and compare its clock with this one',
  examples: [
    { args: 'localhost', description: 'offset of a clock, over TCP' },
    { args: 'localhost --time --udp', description: 'over UDP, in the binary form (RFC 868)' },
  ],
  operands: [
    {
      name: 'HOST[:PORT]',
      description: `a server; default port ${DAYTIME_PORT}, or ${TIME_PORT} with --time`,
    },
  ],
  options: queryOptions,
  run: async (context) => (await import('./query.ts')).query(context),
  check: async ({ operands }) => void parseTarget(operands[0] ?? '', DAYTIME_PORT),
})
