import { command, type CommandContext } from '@sockyard/service/command'
import { parseTarget } from '@sockyard/service/resolve'

import { DEFAULT_PORT } from './config.ts'
import { exchangeOptions, receiveOptions, sendOptions } from './message-config.ts'

const server = { name: 'HOST[:PORT]', description: `a server; port ${DEFAULT_PORT} unless told` }
const check = async ({ operands }: CommandContext<unknown>): Promise<void> =>
  void parseTarget(operands[0] ?? '', DEFAULT_PORT)

const send = command({
  name: 'send',
  summary: 'Send each text as one message over one connection, and show what comes back',
  operands: [server, { name: 'TEXT', description: 'one message each', repeated: true }],
  options: sendOptions,
  run: async (context) => (await import('./send.ts')).send(context),
  check,
})

const exchange = command({
  name: 'exchange',
  summary: 'Send one message of a fixed size, and wait until all of it is back',
  operands: [server, { name: 'TEXT', description: 'what it begins with', optional: true }],
  options: exchangeOptions,
  run: async (context) => (await import('./exchange.ts')).exchange(context),
  check,
})

const receive = command({
  name: 'receive',
  summary: 'Take one client after the other, show what each sends, answer nothing',
  operands: [],
  options: receiveOptions,
  run: async (context) => (await import('./receive.ts')).receive(context),
})

/** The exchanges of the classic clients, and the server that shows what it gets. */
export const messageCommands = [send, exchange, receive] as const
