import { once } from 'node:events'
import { connect } from 'node:net'

import { UsageError } from '@sockyard/cli/errors'
import { networkError } from '@sockyard/net/errors'
import type { CommandContext } from '@sockyard/service/lifecycle'

import type { MeetOptions } from './config.ts'

/** Listens to greetings until it has heard `--count` of them or is stopped. */
export async function meet(context: CommandContext<MeetOptions>): Promise<number> {
  const [, host, port] = /^(.+):(\d+)$/.exec(context.operands[0] ?? '') ?? []
  if (host === undefined) throw new UsageError('HOST:PORT', context.operands[0], 'needs both')
  const { count = Number.POSITIVE_INFINITY } = context.options
  let heard = 0
  while (heard < count && !context.signal.aborted) {
    context.stdout.write(await hear(host, Number(port)))
    heard += 1
  }
  context.stdout.write(`heard ${heard}\n`)
  return 0
}

async function hear(host: string, port: number): Promise<string> {
  const socket = connect({ host, port })
  try {
    const [greeting] = await once(socket, 'data')
    return String(greeting)
  } catch (error) {
    throw networkError(error, host, port)
  } finally {
    socket.destroy()
  }
}
