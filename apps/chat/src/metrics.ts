import { Counter, type Registry } from '@sockyard/service/prometheus'

import type { HoldReason } from './listener.ts'
import type { Reason } from './patience.ts'

/** What the chat counts. */
export interface ChatMetrics {
  /** @param lines said at once @param listeners who are to hear them */
  said(lines: number, listeners: number): void
  truncated(): void
  dropped(reason: Reason): void
  held(reason: HoldReason): void
  nameRefused(reason: 'taken' | 'malformed'): void
}

export function createChatMetrics(registry: Registry): ChatMetrics {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `sockyard_chat_${name}_total`, help, labelNames, registers: [registry] })
  const lines = counter('lines', 'Lines said; with --relay pieces as they were read')
  const deliveries = counter('deliveries', 'Lines (or pieces) times those they were sent to')
  const truncated = counter('truncated_lines', 'Lines cut off at --max-line')
  const dropped = counter('dropped', 'Clients disconnected, by reason', ['reason'])
  const held = counter('held', 'Times a speaker had to wait, by reason', ['reason'])
  const names = counter('names_refused', 'Names asked for and not given, by reason', ['reason'])
  return {
    said(count, listeners) {
      lines.inc(count)
      deliveries.inc(count * listeners)
    },
    truncated: () => truncated.inc(),
    dropped: (reason) => dropped.inc({ reason }),
    held: (reason) => held.inc({ reason }),
    nameRefused: (reason) => names.inc({ reason }),
  }
}
