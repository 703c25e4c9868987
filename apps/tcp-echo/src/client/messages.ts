import { NetworkError, place } from '@sockyard/net/errors'
import type { MessageOptions } from '@sockyard/probe/commands'
import type { MessagePeer, MessageTransport } from '@sockyard/probe/messages'
import type { CommandContext } from '@sockyard/service/lifecycle'

import { DEFAULT_PORT } from '../config.ts'
import { connectToServer } from './client.ts'

/** Messages over one TCP connection. */
export function tcpMessages(context: CommandContext<MessageOptions>): MessageTransport {
  return { name: 'tcp', defaultPort: DEFAULT_PORT, connect: () => connect(context) }
}

/** A peer that is silent for `--wait` ends the connection, and so does the user. */
async function connect(context: CommandContext<MessageOptions>): Promise<MessagePeer> {
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
