import { parseTarget, resolveTarget } from '@sockyard/net/address'
import { sourceInterface } from '@sockyard/net/connect'
import { NetworkError } from '@sockyard/net/errors'
import type { CommandContext } from '@sockyard/service/lifecycle'
import { ipFamily } from '@sockyard/service/options'

import { DEFAULT_PORT, type SendOptions } from '../config.ts'
import { endpointParameters } from '../protocol-options.ts'
import { lossOf } from './association-failure.ts'
import { associateWith, type ClientAssociation } from './client-association.ts'
import { Conversation } from './conversation.ts'
import {
  MAXIMUM_LINE_BYTES,
  parseStreamLine,
  readLines,
  toEveryStream,
  type StreamLine,
} from './lines.ts'
import { SendDisplay } from './send-report.ts'
import { withDeadline } from './with-deadline.ts'

/** UNP section 10.5: so long that no two messages fit in one packet, and a lost packet is one message. */
const TO_ALL_BYTES = 800
const TO_ALL_MTU = 1500

/** Sends lines and shows what comes back. @returns the exit code: 1 when less came back than was sent */
export async function send(context: CommandContext<SendOptions>): Promise<number> {
  const { options, operands } = context
  const { host } = parseTarget(operands[0] ?? '', DEFAULT_PORT)
  const sizeBytes = options.size ?? (options.toAll ? TO_ALL_BYTES : undefined)
  const conversation = new Conversation({ sizeBytes, unordered: options.unordered })
  const display = new SendDisplay(context, { host, sizeBytes, counts: conversation.counts })
  const association = await associate(context, conversation, display).catch((error: unknown) => {
    if (options.json && error instanceof NetworkError) display.end(error)
    throw error
  })
  display.attach(association)
  await converse(context, association, conversation)
  const failure = conversation.lost && lossOf(conversation.lost, association.target)
  await association[Symbol.asyncDispose]()
  display.end(failure)
  const { sent, received } = conversation.counts
  return failure === undefined && received >= sent && !conversation.wasRefused ? 0 : 1
}

async function associate(
  { options, operands, signal }: CommandContext<SendOptions>,
  conversation: Conversation,
  display: SendDisplay,
): Promise<ClientAssociation> {
  sourceInterface(options)
  const how = { defaultPort: DEFAULT_PORT, family: ipFamily(options), signal }
  return associateWith(await resolveTarget(operands[0] ?? '', how), {
    udpPort: options.udpPort,
    streams: options.streams,
    waitMillis: options.wait,
    parameters: endpointParameters(
      options.toAll ? { ...options, mtu: options.mtu ?? TO_ALL_MTU } : options,
    ),
    path: options,
    signal,
    onMessage(message) {
      conversation.received()
      display.message(message)
    },
    onNotification(notification) {
      conversation.notified(notification)
      display.notification(notification)
    },
  })
}

/** All lines, and then as long as something comes. */
async function converse(
  { options, stdin, signal: stop, log }: CommandContext<SendOptions>,
  association: ClientAssociation,
  conversation: Conversation,
): Promise<void> {
  const signal = AbortSignal.any([withDeadline(stop, options.deadline), conversation.over])
  const linesOf = (line: string): StreamLine[] =>
    options.toAll ? toEveryStream(line, association.outboundStreams) : [parseStreamLine(line)]
  await readLines({
    stdin,
    signal,
    onCut: () => log.warn(`a line longer than ${MAXIMUM_LINE_BYTES} B was truncated`),
    async onLine(line) {
      for (const each of linesOf(line)) {
        const problem = conversation.say(association, each)
        if (problem !== undefined) log.warn(problem)
        await conversation.room(signal)
      }
    },
  })
  await conversation.answered(options.wait, signal)
}
