import { parseTarget } from '@sockyard/net/address'
import { type PathOptions, sourceInterface } from '@sockyard/net/connect'
import { command, type CommandContext } from '@sockyard/service/lifecycle'

import { DEFAULT_PORT, pingOptions } from '../config.ts'
import { exchangeOptions, receiveOptions, sendOptions } from './message-config.ts'

const server = { name: 'HOST[:PORT]', description: `a server; default port ${DEFAULT_PORT}` }
const check = async ({ operands, options }: CommandContext<PathOptions>): Promise<void> => {
  parseTarget(operands[0] ?? '', DEFAULT_PORT)
  sourceInterface(options)
}

const ping = command({
  name: 'ping',
  summary: 'measure round trips or throughput, and verify every byte',
  examples: [
    { args: 'localhost --count 4', description: 'four probes' },
    { args: 'localhost --rate 1000 --deadline 3', description: '1000 probes a second for 3 s' },
    { args: 'localhost --bulk --deadline 3', description: 'throughput, for 3 s' },
  ],
  operands: [{ name: 'HOST[:PORT]', description: `an echo server; default port ${DEFAULT_PORT}` }],
  options: pingOptions,
  run: async (context) =>
    context.options.bulk
      ? (await import('./bulk.ts')).bulk(context)
      : (await import('./ping.ts')).ping(context),
  check,
})

const send = command({
  name: 'send',
  summary: 'send each text as one message, and show the answer',
  examples: [{ args: 'localhost hello', description: 'one message, and its echo' }],
  operands: [server, { name: 'TEXT', description: 'one message each', repeated: true }],
  options: sendOptions,
  run: async (context) => (await import('./messages.ts')).sendTexts(context),
  check,
})

const exchange = command({
  name: 'exchange',
  summary: 'send one message of a fixed size, and wait for its echo',
  examples: [{ args: 'localhost hello --size 100', description: 'one message of 100 bytes' }],
  operands: [server, { name: 'TEXT', description: 'what it begins with', optional: true }],
  options: exchangeOptions,
  run: async (context) => (await import('./messages.ts')).exchangeMessage(context),
  check,
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
export const clientCommands = [ping, send, exchange, receive] as const
