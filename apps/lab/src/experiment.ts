import type { Lab } from './lab.ts'

/** An exchange between sockets, to be looked at. */
export interface Experiment {
  name: string
  /** What can be seen, in one line. */
  summary: string
  /** Plays it, each call through `lab`. @returns what it shows, in one sentence */
  play(lab: Lab): string | Promise<string>
}
