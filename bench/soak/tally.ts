/** What the clients of one kind of traffic saw, summed up. */
export interface Counts {
  sent: number
  received: number
  lost: number
  duplicated: number
  reordered: number
  malformed: number
}

const FIELDS = ['sent', 'received', 'lost', 'duplicated', 'reordered', 'malformed'] as const
/** What went wrong is told once; how often is counted. */
const KEPT_FAILURES = 20

/** Adds up what the clients report. */
export class Tally {
  readonly counts: Counts = {
    sent: 0,
    received: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    malformed: 0,
  }
  failures = 0
  /** The first of them, each with its time. */
  readonly messages: string[] = []

  /** @param counts as `end` of a measuring client has them, or some of them */
  add(counts: Readonly<Record<string, unknown>>): void {
    for (const field of FIELDS) this.counts[field] += Number(counts[field] ?? 0)
  }

  /** Something that must not happen, such as a client that could not connect. */
  fail(message: string): void {
    this.failures += 1
    if (this.messages.length < KEPT_FAILURES)
      this.messages.push(`${new Date().toISOString()} ${message}`)
  }
}
