import { on } from 'node:events'

import type { CommandContext } from '@sockyard/service/command'

import type { SendOptions } from './message-config.ts'
import { sendMessage, type Talk, talk } from './talk.ts'

/**
 * Sends each text as one datagram, and shows what comes back: until there is an answer to each, or for `--wait`.
 * That nothing came back is no failure: some servers have nothing to say.
 */
export function send(context: CommandContext<SendOptions>): Promise<number> {
  const { operands, options, signal } = context
  const [, ...texts] = operands
  return talk(context, async (each) => {
    const end = options.nul ? '\0' : ''
    const answers = on(each.socket, 'message')
    for (const text of texts) await sendMessage(each, Buffer.from(text + end))
    await hear(each, answers, texts.length, AbortSignal.timeout(options.wait), signal)
  })
}

async function hear(
  { target, report }: Talk,
  answers: ReturnType<typeof on>,
  count: number,
  timeout: AbortSignal,
  signal: AbortSignal,
): Promise<void> {
  const stop = (): void => void answers.return?.()
  const stopped = AbortSignal.any([timeout, signal])
  stopped.addEventListener('abort', stop, { once: true })
  let heard = 0
  for await (const [bytes] of answers) {
    report.received(target, bytes)
    heard += 1
    if (heard === count) return
  }
}
