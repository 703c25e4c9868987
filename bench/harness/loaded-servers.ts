import {
  type Contestant,
  type Kind,
  LeftOutError,
  type Measure,
  type Subject,
} from './benchmark.ts'
import { type LoadProgram, runLoad } from './run-load.ts'
import { startServer, type ServerCommand } from './server.ts'

/** A server as a contestant, in plain data. */
export interface ServerEntry {
  name: string
  kind: Kind
  command: ServerCommand
  /** Cases in which it can't take part, with the reason. */
  leftOut?: Readonly<Record<string, string>>
}

/** Loads by the name of their case. */
export type Loads = Readonly<Record<string, LoadProgram>>

/** The processor time that both sides took, for every benchmark with a load. */
export const CPU_MEASURES: readonly Measure[] = [
  { name: 'ratePerCore', label: '/s and core of the server', better: 'more' },
  { name: 'serverCpu', label: 'server, cores', better: 'less' },
  { name: 'loadCpu', label: 'load, cores', better: 'less' },
]

/** Servers that each run on a core of their own, under loads that run on another. */
export function loadedServers(entries: readonly ServerEntry[], loads: Loads): Contestant[] {
  return entries.map((entry) => ({
    name: entry.name,
    kind: entry.kind,
    open: () => openServer(entry.command, loads, entry.leftOut),
  }))
}

/** One of them. */
export async function openServer(
  command: ServerCommand,
  loads: Loads,
  leftOut: ServerEntry['leftOut'] = {},
): Promise<Subject> {
  const server = await startServer(command, 'server')
  return {
    sample: async (name, seconds) => {
      const load = loads[name]
      const reason = leftOut[name]
      if (reason !== undefined || load === undefined) throw new LeftOutError(reason ?? 'no load')
      return runLoad(server, load, seconds)
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
