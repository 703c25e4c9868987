import { NetworkError, place } from '@sockyard/net/errors'
import { exchange, type MessagePeer, send } from '@sockyard/probe/messages'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { DEFAULT_PORT } from '../config.ts'
import { connectToServer } from './client.ts'
import type { ExchangeOptions, SendOptions } from './message-config.ts'

type Options = SendOptions | ExchangeOptions

/** Each text as one message over one connection. */
export function sendTexts(context: CommandContext<SendOptions>): Promise<number> {
  return send(context, transport(context))
}

/** One message of a fixed size, and all of it back. */
export function exchangeMessage(context: CommandContext<ExchangeOptions>): Promise<number> {
  return exchange(context, transport(context))
}

function transport(context: CommandContext<Options>) {
  return { name: 'tcp' as const, defaultPort: DEFAULT_PORT, connect: () => connect(context) }
}

/** A peer that is silent for `--wait` ends the connection, and so does the user. */
async function connect(context: CommandContext<Options>): Promise<MessagePeer> {
  const { options, signal } = context
  const { socket, target } = await connectToServer(context)
  const { address: host, port } = target
  socket.setTimeout(options.wait, () => {
    const message = `${place(host, port)}no message in time`
    socket.destroy(new NetworkError(message, { errorClass: 'TIMEOUT', host, port }))
  })
  signal.addEventListener('abort', () => socket.destroy(), { once: true })
  return {
    target,
    hasNext: false,
    incoming: socket,
    end: () => void socket.end(),
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    [Symbol.dispose]: () => void socket.destroy(),
  }
}
