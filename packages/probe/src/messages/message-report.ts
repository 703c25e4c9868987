import type { Writable } from 'node:stream'

import { escapeText, eventLine } from '@sockyard/cli/text'
import { normalizeMappedAddress } from '@sockyard/net/address'
import { failureOf, type NetworkError, place } from '@sockyard/net/errors'
import type { MessageEvent } from '@sockyard/protocol/results'

type DataOf<Name extends MessageEvent['event']> = Extract<MessageEvent, { event: Name }>['data']

/** Where a message went, or came from. */
interface Place {
  address: string
  port: number
}

/** The output of a message client: text, or JSON (docs/schemas/messages.json). */
export interface MessageReport {
  start(data: DataOf<'start'>): void
  sent(to: Place, bytes: Uint8Array): void
  received(from: Place, bytes: Uint8Array): void
  /** @param error why the run failed; written to JSON only; the caller that throws it prints it */
  end(error?: NetworkError): void
}

/** Of each message so many bytes are shown: one message is one line, and not a long one. */
const SHOWN_BYTES = 1_024

/** Prints each message, with control characters escaped. */
export function createMessageReport(stdout: Writable, json: boolean): MessageReport {
  const totals = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0 }
  const print = <Name extends MessageEvent['event']>(
    event: Name,
    data: DataOf<Name>,
    text: string,
  ): void => void stdout.write(json ? eventLine(event, data) : `${escapeText(text)}\n`)
  const message = (direction: 'sent' | 'received', peer: Place, bytes: Uint8Array) => {
    const { port } = peer
    const address = normalizeMappedAddress(peer.address)
    const data = { direction, address, port, sizeBytes: bytes.length, text: textOf(bytes) }
    totals[direction] += 1
    totals[`${direction}Bytes`] += bytes.length
    print('sample', data, messageText(data))
  }
  return {
    start: (data) => print('start', data, startText(data)),
    sent: (to, bytes) => message('sent', to, bytes),
    received: (from, bytes) => message('received', from, bytes),
    end(error) {
      const data = { ...totals, ...(error && { error: failureOf(error) }) }
      print('end', data, endText(totals))
    },
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, SHOWN_BYTES))
}

function startText({ transport, address, port }: DataOf<'start'>): string {
  return `${transport} ${place(address, port).slice(0, -2)}`
}

/** `received    8 B from 127.0.0.1:1500 "bonjour" + NUL` */
function messageText({ direction, address, port, sizeBytes, text }: DataOf<'sample'>): string {
  const size = String(sizeBytes).padStart(5)
  const preposition = direction === 'sent' ? 'to' : 'from'
  const where = place(address, port).slice(0, -2)
  const more = sizeBytes > SHOWN_BYTES ? '…' : ''
  return `${direction.padEnd(8)} ${size} B ${preposition} ${where} ${quoted(text)}${more}`
}

/** `"bonjour" + NUL`: what C programs end a text with, or pad a buffer with, is abbreviated. */
function quoted(text: string): string {
  const [end = ''] = /\0*$/.exec(text) ?? []
  const words = text.slice(0, text.length - end.length).replaceAll('\0', '\\0')
  const nuls = end.length > 1 ? ` + ${end.length} NULs` : ' + NUL'
  return `"${words}"${end === '' ? '' : nuls}`
}

function endText({ sent, sentBytes, received, receivedBytes }: DataOf<'end'>): string {
  return `sent ${sent} (${sentBytes} B), received ${received} (${receivedBytes} B)`
}
