import { RECORD, RECORD_BYTES } from '@sockyard/posix/datagram-record'
import { ReceivedDatagrams } from '@sockyard/posix/received-datagrams'

import { addressBytes } from '../src/address-bytes.ts'

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** Where a datagram came from, and where it was sent to. */
export interface Sent {
  address: string
  port?: number
  scope?: number
  to?: string
}

/** Datagrams as a batch holds them, without a socket. */
export function received(...datagrams: readonly Sent[]): ReceivedDatagrams {
  const records = new SharedArrayBuffer(datagrams.length * RECORD_BYTES)
  const view = new DataView(records)
  for (const [index, { address, port = 40_000, scope = 0, to }] of datagrams.entries()) {
    const at = index * RECORD_BYTES
    view.setInt32(at + RECORD.sourcePort, port, true)
    view.setInt32(at + RECORD.sourceScope, scope, true)
    write(view, at + RECORD.sourceFamily, at + RECORD.source, address)
    if (to !== undefined) write(view, at + RECORD.destinationFamily, at + RECORD.destination, to)
  }
  const batch = new ReceivedDatagrams({
    records,
    payload: new SharedArrayBuffer(0),
    strideBytes: 0,
  })
  batch.count = datagrams.length
  return batch
}

function write(view: DataView, family: number, at: number, address: string): void {
  const ipv4 = !address.includes(':')
  const bytes = Uint8Array.from([...(ipv4 ? MAPPED : []), ...addressBytes(address)])
  view.setInt32(family, ipv4 ? 4 : 6, true)
  for (let byte = 0; byte < 16; byte += 4)
    view.setInt32(at + byte, new DataView(bytes.buffer).getInt32(byte), true)
}
