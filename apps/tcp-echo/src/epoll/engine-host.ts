/** An engine that runs, here or in a thread. */
export interface EngineHost {
  /** Lets nobody in any more, and ends when nobody is left. */
  stop(): void
  /** Ends at once. */
  end(): void
  readonly ended: Promise<void>
}
