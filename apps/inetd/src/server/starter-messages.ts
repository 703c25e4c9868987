/** What inetd asks a process that starts programs: to start one, with a descriptor for it, or to send it a signal. */
export type StarterRequest =
  | {
      number: number
      path: string
      words: readonly string[]
      environment: Readonly<Record<string, string>>
    }
  | { number: number; signal: NodeJS.Signals }

/** What that process says of itself, and of the programs by their numbers. */
export type StarterReport =
  | { isReady: true }
  | { number: number; pid: number }
  | { number: number; end: string }

/** Where it finds the socket that requests come by: behind the standard streams and the channel of Node. */
export const REQUESTS_DESCRIPTOR = 4
