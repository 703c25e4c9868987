import { Counter, Gauge, type Registry } from '@sockyard/service/metrics'

import type { ChatMembers } from './chat-members.ts'

/** The browsers in the chat, and what became of those that wanted to be. */
export function exportChatMetrics(
  metrics: Registry,
  members: Pick<ChatMembers, 'overview' | 'outcomes'>,
): void {
  metrics.registerMetric(
    new Gauge({
      name: 'sockyard_console_chat_members',
      help: 'Browsers that take part in the chat now',
      registers: [],
      collect() {
        this.set(members.overview.members)
      },
    }),
  )
  metrics.registerMetric(
    new Counter({
      name: 'sockyard_console_chat_joins_total',
      help: 'Browsers that wanted to take part in the chat, by outcome',
      labelNames: ['outcome'],
      registers: [],
      collect() {
        this.reset()
        for (const [outcome, count] of members.outcomes) this.inc({ outcome }, count)
      },
    }),
  )
}
