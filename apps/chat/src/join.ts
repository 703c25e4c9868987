import { parseNickname } from '@sockyard/protocol/chat'
import type { CommandContext } from '@sockyard/service/command'
import { ipFamily } from '@sockyard/service/common-options'
import { type Connected, connectTo } from '@sockyard/service/connect'
import { NetworkError, networkError, place, UsageError } from '@sockyard/service/errors'
import { resolveTarget } from '@sockyard/service/resolve'

import { DEFAULT_PORT, type JoinOptions } from './config.ts'
import { talkInPipe } from './join-pipe.ts'
import { talkOnTerminal } from './join-terminal.ts'
import { Talk } from './talk.ts'

/** Takes part in a chat until the user or the server ends it. */
export async function join(context: CommandContext<JoinOptions>): Promise<number> {
  const { options, stdin, stdout, signal } = context
  const nick = options.nick === undefined ? undefined : checkedNick(options.nick)
  const connected = await connect(context).catch((error: unknown) => {
    if (signal.aborted) return undefined
    throw error
  })
  if (connected === undefined) return 0
  const talk = new Talk(connected.socket, signal)
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
