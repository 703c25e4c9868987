import type { Tally } from '../tally.ts'
import type { Targets } from '../yard.ts'

/** What each kind of traffic gets. */
export interface TrafficContext {
  targets: Targets
  /** Aborted when traffic is to end. */
  signal: AbortSignal
  tally: (name: string) => Tally
  /** In [0, 1). */
  random: () => number
}

/** Runs until the signal; what it opened is closed then. Never throws for what a service does. */
export type Traffic = (context: TrafficContext) => Promise<void>

/** Waits; shorter when the signal comes. */
export async function pause(millis: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, millis)
    signal.addEventListener('abort', done)
  })
}
