import { once } from 'node:events'

import type { CommandContext } from '@sockyard/service/command'
import { NetworkError, place } from '@sockyard/service/errors'

import type { ExchangeOptions } from './message-config.ts'
import { sendMessage, type Talk, talk } from './talk.ts'

/**
 * Sends a datagram of `--size` bytes and waits for one.
 *
 * @throws {NetworkError} when none comes in time, or another
 */
export function exchange(context: CommandContext<ExchangeOptions>): Promise<number> {
  const { operands, options, signal } = context
  return talk(context, async (each) => {
    const message = Buffer.alloc(options.size)
    message.write(operands[1] ?? 'hello, sockyard')
    const timeout = AbortSignal.timeout(options.wait)
    const answered = once(each.socket, 'message', { signal: AbortSignal.any([timeout, signal]) })
    const [, [answer]] = await Promise.all([sendMessage(each, message), answered]).catch(
      (error: unknown) => {
        throw timeout.aborted ? wrong(each, 'TIMEOUT', 'no answer in time') : error
      },
    )
    each.report.received(each.target, answer)
    if (!message.equals(answer)) throw wrong(each, 'OTHER', 'what came back is not what was sent')
  })
}

function wrong(
  { target: { address: host, port } }: Talk,
  errorClass: 'TIMEOUT' | 'OTHER',
  what: string,
): NetworkError {
  return new NetworkError(`${place(host, port)}${what}`, { errorClass, host, port })
}
