import type { Socket } from 'node:dgram'
import { on } from 'node:events'

import { type ResolvedAddress, resolveTarget } from '@sockyard/net/address'
import type { MessageOptions } from '@sockyard/probe/commands'
import type { MessagePeer, MessageTransport } from '@sockyard/probe/messages'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { DEFAULT_PORT } from '../config.ts'
import { connectSocket } from './ping-socket.ts'

/** Messages over a connected UDP socket, one datagram each. */
export function udpMessages(context: CommandContext<MessageOptions>): MessageTransport {
  return { name: 'udp', defaultPort: DEFAULT_PORT, connect: (skip) => connect(context, skip) }
}

/** Connects to the first of the addresses, after those to skip, to which there is a route. */
async function connect(
  { options, operands, signal }: CommandContext<MessageOptions>,
  skip: number,
): Promise<MessagePeer> {
  const how = { defaultPort: DEFAULT_PORT, family: ipFamily(options), signal }
  const addresses = (await resolveTarget(operands[0] ?? '', how)).slice(skip)
  let failure: unknown
  for (const [index, target] of addresses.entries()) {
    try {
      const socket = await connectSocket(target, options)
      const hasNext = index + 1 < addresses.length
      return { hasNext, ...peer(socket, target, { waitMillis: options.wait, signal }) }
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

function peer(
  socket: Socket,
  target: ResolvedAddress,
  { waitMillis, signal }: { waitMillis: number; signal: AbortSignal },
): Omit<MessagePeer, 'hasNext'> {
  // Listens from now on: a reply may come before it is asked for.
  const messages = on(socket, 'message')
  const stop = (): void => void messages.return?.()
  signal.addEventListener('abort', stop, { once: true })
  let timer: NodeJS.Timeout | undefined
  return {
    target,
    end: () => {},
    send: (bytes) =>
      new Promise((resolve, reject) => {
        clearTimeout(timer)
        timer = setTimeout(stop, waitMillis)
        socket.send(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    incoming: (async function* () {
      for await (const [bytes] of messages) yield bytes as Uint8Array
    })(),
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      socket.close()
    },
  }
}
