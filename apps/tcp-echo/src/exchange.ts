import type { CommandContext } from '@sockyard/service/command'
import { NetworkError, place } from '@sockyard/service/errors'

import type { ExchangeOptions } from './message-config.ts'
import { sendMessage, type Talk, talk } from './talk.ts'

/**
 * Sends a message of `--size` bytes and reads until as many are back; TCP may bring them in any parts.
 *
 * @throws {NetworkError} when fewer come, or others
 */
export function exchange(context: CommandContext<ExchangeOptions>): Promise<number> {
  const { operands, options } = context
  return talk(context, async (each) => {
    const message = Buffer.alloc(options.size)
    message.write(operands[1] ?? 'hello, sockyard')
    await sendMessage(each, message)
    const answer = await readExactly(each, options.size)
    if (!answer.equals(message)) throw wrong(each, 'what came back is not what was sent')
    each.report.received(each.server, answer)
  })
}

async function readExactly(each: Talk, size: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of each.socket as AsyncIterable<Buffer>) {
    parts.push(part)
    length += part.length
    if (length >= size) return Buffer.concat(parts)
  }
  throw wrong(each, `the server closed after ${length} of ${size} B`)
}

function wrong({ server: { address: host, port } }: Talk, what: string): NetworkError {
  return new NetworkError(`${place(host, port)}${what}`, { errorClass: 'OTHER', host, port })
}
