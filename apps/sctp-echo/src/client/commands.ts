import { checkServer, serverOperand } from '@sockyard/probe/commands'
import { command } from '@sockyard/service/lifecycle'

import { DEFAULT_PORT, pingOptions, sendOptions } from '../config.ts'

const send = command({
  name: 'send',
  summary: 'send lines "[stream]text", and show the echo and its stream',
  examples: [{ args: 'localhost', description: 'send lines, each on the next stream' }],
  operands: [serverOperand(`a server; default SCTP port ${DEFAULT_PORT}`)],
  options: sendOptions,
  async run(context) {
    try {
      return await (await import('./send.ts')).send(context)
    } catch (error) {
      // Stopped while the association was still being set up: nothing was sent, nothing failed.
      if (context.signal.aborted) return 0
      throw error
    }
  },
  check: checkServer(DEFAULT_PORT),
})

const ping = command({
  name: 'ping',
  summary: 'measure round trips over all streams',
  examples: [
    { args: 'localhost --count 4', description: 'four probes' },
    { args: 'localhost --window 10 --deadline 3', description: '10 in flight, for 3 s' },
  ],
  operands: [serverOperand(`an echo server; default SCTP port ${DEFAULT_PORT}`)],
  options: pingOptions,
  run: async (context) => (await import('./ping.ts')).ping(context),
  check: checkServer(DEFAULT_PORT),
})

export const clientCommands = [send, ping] as const
