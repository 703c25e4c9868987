import type { Series } from '../services/series.ts'
import type { ServiceEvent, StoredEvent } from './event-table.ts'

/** What the thread of the store is told; those with a number are answered. */
export type StoreRequest =
  | { kind: 'define'; series: Series }
  | { kind: 'samples'; seconds: number; covered: number; values: [id: string, value: number][] }
  | { kind: 'events'; events: ServiceEvent[] }
  | { kind: 'close' }
  | { kind: 'list-series'; number: number }
  | {
      kind: 'range'
      number: number
      series: string
      from: number
      to: number
      points: number
    }
  | { kind: 'list-events'; number: number; after: number | undefined; limit: number }
  | { kind: 'last-source'; number: number; service: string }

/** What it says. */
export type StoreMessage =
  | { kind: 'opened'; movedAside: { path: string; reason: string } | undefined }
  /** Of `bytes` in all those that were not stored before. */
  | { kind: 'stored'; events: StoredEvent[]; bytes: number }
  | { kind: 'answer'; number: number; answer: unknown }
