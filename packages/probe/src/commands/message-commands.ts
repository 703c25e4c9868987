import { byteSize, flag } from '@sockyard/cli/options'
import { type Command, command, type CommandContext } from '@sockyard/service/lifecycle'
import { count, engine, host, ipFamilyOptions, json, port, wait } from '@sockyard/service/options'
import { z } from 'zod'

import type { MessageTransport } from '../messages/messages.ts'
import { pathOptions } from './path-options.ts'
import { checkServer, serverOperand } from './server-operand.ts'

const clientOptions = (waitDescription: string) => ({
  wait: wait().meta({ description: waitDescription }),
  ...ipFamilyOptions,
  json: json(),
  ...pathOptions,
})

const sendOptions = z.strictObject({
  nul: flag().meta({ description: 'end each message with a NUL, as C programs do' }),
  ...clientOptions('how long to wait for the answer'),
})

const exchangeOptions = (largestBytes: number) =>
  z.strictObject({
    size: byteSize(100, { minimum: 1, maximum: largestBytes }).meta({
      short: 's',
      description: 'bytes of the message; the text is padded with NULs',
    }),
    ...clientOptions('how long to wait for the complete answer'),
  })

/** `receive`: prints what arrives, and answers nothing. */
export const receiveMessageOptions = (presetPort: number) => ({
  port: port(presetPort),
  host: host(),
  count: count().meta({ description: 'how many to receive' }),
  ...ipFamilyOptions,
  json: json(),
  engine: engine(),
})

/** The options that a transport of messages reads. */
export type MessageOptions = z.output<z.ZodObject<ReturnType<typeof clientOptions>>>

/** What differs from transport to transport. */
interface MessageCommandsOptions {
  /** What one call of send(2) makes, as the help says it. */
  unit: 'message' | 'datagram'
  defaultPort: number
  /** The largest message of `exchange`, bytes. */
  largestBytes: number
  /** Loads what only a run of a command needs. */
  transport: (context: CommandContext<MessageOptions>) => Promise<MessageTransport>
}

/** The exchanges of the classic clients: `send` and `exchange`. */
export function messageCommands(
  options: MessageCommandsOptions,
): [send: Command, exchange: Command] {
  const { unit, defaultPort, largestBytes, transport } = options
  const server = serverOperand(`a server; default port ${defaultPort}`)
  const check = checkServer(defaultPort)
  const send = command({
    name: 'send',
    summary: `send each text as one ${unit}, and show the answer`,
    examples: [{ args: 'localhost hello', description: `one ${unit}, and its echo` }],
    operands: [server, { name: 'TEXT', description: 'one message each', repeated: true }],
    options: sendOptions,
    run: async (context) => (await messages()).send(context, await transport(context)),
    check,
  })
  const exchange = command({
    name: 'exchange',
    summary: `send one ${unit} of a fixed size, and wait for its echo`,
    examples: [{ args: 'localhost hello --size 100', description: `one ${unit} of 100 bytes` }],
    operands: [server, { name: 'TEXT', description: 'what it begins with', optional: true }],
    options: exchangeOptions(largestBytes),
    run: async (context) => (await messages()).exchange(context, await transport(context)),
    check,
  })
  return [send, exchange]
}

function messages() {
  return import('../messages/messages.ts')
}
