import { UsageError } from '@sockyard/cli/errors'
import { resolveTarget } from '@sockyard/net/address'
import { type Connected, connectTo } from '@sockyard/net/connect'
import { NetworkError, networkError, place } from '@sockyard/net/errors'
import { parseNickname } from '@sockyard/protocol/chat'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { DEFAULT_PORT, type JoinOptions } from '../config.ts'
import { talkInPipe } from './pipe.ts'
import { ChatSession } from './session.ts'
import { talkOnTerminal } from './terminal.ts'

/** Takes part in a chat until the user or the server ends it. */
export async function join(context: CommandContext<JoinOptions>): Promise<number> {
  const { options, stdin, stdout, signal } = context
  const nick = options.nick === undefined ? undefined : checkedNick(options.nick)
  const connected = await connect(context).catch((error: unknown) => {
    if (signal.aborted) return undefined
    throw error
  })
  if (connected === undefined) return 0
  const talk = new ChatSession(connected.socket, signal)
  await using _admin = await context.openAdmin({
    counted: { name: 'sockyard_chat_client_lines_total', help: 'Lines of this client, by outcome' },
    counts: () => ({ ...talk.counts }),
    isReady: () => talk.socket.writable,
  })
  if (nick !== undefined) talk.say(`/nick ${nick}\n`)
  const isTerminal = context.isTerminal && 'isTTY' in stdin && stdin.isTTY === true
  await (isTerminal ? talkOnTerminal(talk, stdin, stdout) : talkInPipe(talk, stdin, stdout))
  if (talk.hasLeft) return 0
  throw lost(connected)
}

async function connect({ options, operands, signal }: CommandContext<JoinOptions>) {
  const addresses = await resolveTarget(operands[0] ?? '', {
    defaultPort: DEFAULT_PORT,
    family: ipFamily(options),
    signal,
  })
  return connectTo(addresses, { timeoutMillis: options.wait, signal })
}

function checkedNick(wanted: string): string {
  const nick = parseNickname(wanted)
  if (nick.ok) return nick.value
  throw new UsageError('--nick', wanted, nick.error.reason)
}

function lost({ socket, target }: Connected): NetworkError {
  const { address: host, port } = target
  if (socket.errored !== null) return networkError(socket.errored, host, port)
  const message = `${place(host, port)}the server closed the connection`
  return new NetworkError(message, { errorClass: 'RESET', host, port })
}
