import { formatDuration } from '@sockyard/probe/format'
import { createReporter, type Reporter } from '@sockyard/probe/reporter'
import type { SctpSendEvent } from '@sockyard/protocol/results'
import type { Message } from '@sockyard/sctp/core/notification'

import { type AssociationEvent, eventText } from './association-events.ts'
import { messageText } from './message-text.ts'

type Data<Name extends SctpSendEvent['event']> = Extract<SctpSendEvent, { event: Name }>['data']

export type SendReporter = Reporter<Data<'start'>, Data<'sample'>, Data<'interval'>, Data<'end'>>

/** What `send` shows: each message with its place in its stream, and when it came. */
export function createSendReporter(options: {
  write: (text: string) => void
  json: boolean
  isTerminal: boolean
  quiet: boolean
}): SendReporter {
  const { write, json, isTerminal, quiet } = options
  return createReporter({ write, json, live: isTerminal && quiet, texts })
}

const texts = {
  start: ({ host, address, port, udpPort, outboundStreams, inboundStreams }: Data<'start'>) =>
    `send to ${host === address ? '' : `${host} `}${address} port ${port} over sctp in udp ${udpPort}: ` +
    `${outboundStreams} streams out, ${inboundStreams} in`,
  sample: (data: Data<'sample'>) => {
    const at = `${data.atMillis.toFixed(1).padStart(9)} ms`
    if (data.kind !== 'message') return `${at}  * ${eventText(data)}`
    const { stream, sequence, unordered, text } = data
    const place = unordered ? 'unordered' : `seq ${String(sequence).padStart(4)}`
    return `${at}  stream ${String(stream).padStart(2)}  ${place}  ${text}`
  },
  interval: counted,
  end: (data: Data<'end'>) =>
    data.error === undefined ? counted(data) : `${counted(data)}\n${data.error.message}`,
}

function counted({ sent, received, sendFailed, durationMillis }: Data<'interval'>): string {
  const failed = sendFailed === 0 ? '' : `  send failed ${sendFailed}`
  return `sent ${sent}  received ${received}${failed}  in ${formatDuration(durationMillis)}`
}

/** A message as a sample. */
export function messageSample(message: Message, atMillis: number): Data<'sample'> {
  const { stream, sequence, tsn, protocolId, unordered, data } = message
  const place = { stream, sequence, tsn, protocolId, unordered }
  return {
    kind: 'message',
    atMillis,
    ...place,
    sizeBytes: data.length,
    text: messageText(data),
  }
}

/** Something that happened to the association, as a sample. */
export function eventSample(event: AssociationEvent, atMillis: number): Data<'sample'> {
  return { ...event, atMillis }
}
