import { Counter, type Registry } from '@sockyard/service/metrics'

import type { DropReason } from './client-limits.ts'
import type { HoldReason } from './client-writer.ts'

/** What the chat counts. */
export interface ChatMetrics {
  /** @param lines said at once @param clients they are sent to */
  said(lines: number, clients: number): void
  truncated(): void
  dropped(reason: DropReason): void
  held(reason: HoldReason): void
  nameRejected(reason: 'taken' | 'malformed'): void
}

export function createChatMetrics(registry: Registry): ChatMetrics {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `sockyard_chat_${name}_total`, help, labelNames, registers: [registry] })
  const lines = counter('lines', 'Lines sent to the chat; with --relay, chunks as read')
  const deliveries = counter(
    'deliveries',
    'Lines (or chunks) delivered, counted once for each recipient',
  )
  const truncated = counter('truncated_lines', 'Lines truncated at --max-line')
  const dropped = counter('dropped', 'Clients disconnected, by reason', ['reason'])
  const held = counter('held', 'Times input from a client was paused, by reason', ['reason'])
  const names = counter('names_refused', 'Nicknames rejected, by reason', ['reason'])
  return {
    said(count, clients) {
      lines.inc(count)
      deliveries.inc(count * clients)
    },
    truncated: () => truncated.inc(),
    dropped: (reason) => dropped.inc({ reason }),
    held: (reason) => held.inc({ reason }),
    nameRejected: (reason) => names.inc({ reason }),
  }
}
