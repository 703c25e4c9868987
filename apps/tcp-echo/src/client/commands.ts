import { checkServer, messageCommands, serverOperand } from '@sockyard/probe/commands'
import { command } from '@sockyard/service/lifecycle'

import { DEFAULT_PORT, LARGEST_MESSAGE_BYTES, pingOptions, receiveOptions } from '../config.ts'

const ping = command({
  name: 'ping',
  summary: 'measure round trips or throughput, and verify every byte',
  examples: [
    { args: 'localhost --count 4', description: 'four probes' },
    { args: 'localhost --rate 1000 --deadline 3', description: '1000 probes a second for 3 s' },
    { args: 'localhost --bulk --deadline 3', description: 'throughput, for 3 s' },
  ],
  operands: [serverOperand(`an echo server; default port ${DEFAULT_PORT}`)],
  options: pingOptions,
  run: async (context) =>
    context.options.bulk
      ? (await import('./bulk.ts')).bulk(context)
      : (await import('./ping.ts')).ping(context),
  check: checkServer(DEFAULT_PORT),
})

const messages = messageCommands({
  unit: 'message',
  defaultPort: DEFAULT_PORT,
  largestBytes: LARGEST_MESSAGE_BYTES,
  transport: async (context) => (await import('./messages.ts')).tcpMessages(context),
})

const receive = command({
  name: 'receive',
  summary: 'print what clients send, one client at a time, without an answer',
  examples: [{ args: '--port 7777 --count 1', description: 'print one message' }],
  operands: [],
  options: receiveOptions,
  run: async (context) => (await import('../server/receive.ts')).receive(context),
})

/** What measures an echo server, and the exchanges of the classic clients. */
export const clientCommands = [ping, ...messages, receive] as const
