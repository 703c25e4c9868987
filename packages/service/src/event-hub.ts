/** Hands every log line to whoever listens at the moment; keeps nothing. */
export interface EventHub {
  publish: (json: string) => void
  /** @returns ends the subscription */
  subscribe: (listener: (json: string) => void) => () => void
}

export function createEventHub(): EventHub {
  const listeners = new Set<(json: string) => void>()
  return {
    publish(json) {
      for (const listener of listeners) listener(json)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
