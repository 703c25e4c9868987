import { ReceivedDatagrams, RECORD, RECORD_BYTES } from '@sockyard/posix/datagram'

import { writeAddressWords } from '../src/address/address-words.ts'

/** Where a datagram came from, and where it was sent to. */
export interface Sent {
  address: string
  port?: number
  scope?: number
  to?: string
  bytes?: Uint8Array
}

/** Datagrams as a batch holds them, without a socket. */
export function received(...datagrams: readonly Sent[]): ReceivedDatagrams {
  const records = new SharedArrayBuffer(datagrams.length * RECORD_BYTES)
  const view = new DataView(records)
  const strideBytes = Math.max(0, ...datagrams.map(({ bytes }) => bytes?.length ?? 0))
  const payload = new SharedArrayBuffer(datagrams.length * strideBytes)
  for (const [index, sent] of datagrams.entries()) {
    const { address, port = 40_000, scope = 0, to, bytes = new Uint8Array() } = sent
    const at = index * RECORD_BYTES
    view.setInt32(at + RECORD.length, bytes.length, true)
    new Uint8Array(payload).set(bytes, index * strideBytes)
    view.setInt32(at + RECORD.sourcePort, port, true)
    view.setInt32(at + RECORD.sourceScope, scope, true)
    write(view, at + RECORD.sourceFamily, at + RECORD.source, address)
    if (to !== undefined) write(view, at + RECORD.destinationFamily, at + RECORD.destination, to)
  }
  const batch = new ReceivedDatagrams({ records, payload, strideBytes })
  batch.count = datagrams.length
  return batch
}

function write(view: DataView, family: number, at: number, address: string): void {
  const words = new Int32Array(4)
  view.setInt32(family, writeAddressWords(address, words), true)
  for (const [word, value] of words.entries()) view.setInt32(at + 4 * word, value, true)
}
