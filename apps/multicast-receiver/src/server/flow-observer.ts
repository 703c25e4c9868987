import { MULTICAST_FIELDS, multicastKind } from '@sockyard/protocol/multicast'

import type { Datagram } from './datagram.ts'
import type { FlowTable } from './flow-table.ts'

/** `plain`: another program's datagram. `malformed`: with our header, but a version we do not know. */
export type DatagramKind =
  | 'new'
  | 'reordered'
  | 'duplicate'
  | 'stray'
  | 'restart'
  | 'plain'
  | 'malformed'

/** Counts datagrams for their flows, and keeps what was found out of the last one. It allocates nothing for one. */
export class FlowObserver {
  readonly #flows: FlowTable
  kind: DatagramKind = 'plain'
  /** One way; undefined unless it is one of ours. */
  delayMicros: number | undefined

  constructor(flows: FlowTable) {
    this.#flows = flows
  }

  observe(datagram: Datagram): void {
    const { sizeBytes } = datagram
    const kind = multicastKind(sizeBytes, sizeBytes < 4 ? 0 : datagram.word(0))
    if (kind === 'numbered') return this.#numbered(datagram)
    this.#flows.heard(datagram, null).observePlain(kind === 'malformed')
    this.kind = kind
    this.delayMicros = undefined
  }

  /** Whether the last one was the first copy of something. */
  get isReceived(): boolean {
    return this.kind !== 'duplicate' && this.kind !== 'stray' && this.kind !== 'malformed'
  }

  #numbered(datagram: Datagram): void {
    const { sender, sequence, sentAt } = MULTICAST_FIELDS
    const flow = this.#flows.heard(datagram, datagram.word(sender))
    const delayMicros = datagram.delayMicros(sentAt)
    this.kind = flow.observe(datagram.word(sequence), datagram.word(sequence + 4), delayMicros)
    this.delayMicros = delayMicros
  }
}
