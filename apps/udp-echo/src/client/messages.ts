import type { Socket } from 'node:dgram'
import { on } from 'node:events'

import { type ResolvedAddress, resolveTarget } from '@sockyard/net/address'
import { exchange, type MessagePeer, send } from '@sockyard/probe/messages'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { DEFAULT_PORT } from '../config.ts'
import type { ExchangeOptions, SendOptions } from './message-config.ts'
import { connectSocket } from './ping-socket.ts'

type Options = SendOptions | ExchangeOptions

/** Each text as one datagram. */
export function sendTexts(context: CommandContext<SendOptions>): Promise<number> {
  return send(context, transport(context))
}

/** One datagram of a fixed size, and the same back. */
export function exchangeMessage(context: CommandContext<ExchangeOptions>): Promise<number> {
  return exchange(context, transport(context))
}

function transport(context: CommandContext<Options>) {
  return {
    name: 'udp' as const,
    defaultPort: DEFAULT_PORT,
    connect: (skip: number) => connect(context, skip),
  }
}

/** Connects to the first of the addresses, after those to skip, to which there is a route. */
async function connect(
  { options, operands, signal }: CommandContext<Options>,
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
