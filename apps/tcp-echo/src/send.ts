import type { CommandContext } from '@sockyard/service/command'

import type { SendOptions } from './message-config.ts'
import { sendMessage, talk } from './talk.ts'

/** Sends each text with one send(2), ends its direction, and shows what comes back until the peer ends its own. */
export function send(context: CommandContext<SendOptions>): Promise<number> {
  const [, ...texts] = context.operands
  return talk(context, async (each) => {
    const end = context.options.nul ? '\0' : ''
    for (const text of texts) await sendMessage(each, Buffer.from(text + end))
    each.socket.end()
    for await (const bytes of each.socket) each.report.received(each.server, bytes)
  })
}
