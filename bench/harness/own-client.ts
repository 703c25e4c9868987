import { type Contestant, LeftOutError, type Sample } from './benchmark.ts'
import { cpuSecondsOf } from './process-tree.ts'
import { errorOutput, type RunningServer, startServer } from './server.ts'
import { type Command, startProcess } from './start-process.ts'

/** A third party's server that only its own client understands. */
export interface OwnClientEntry {
  name: string
  /** The program, both of them. */
  path: string
  server: (port: number) => readonly (string | number)[]
  /** Undefined for a case in which it takes no part. */
  client: (
    caseName: string,
    port: number,
    seconds: number,
  ) => readonly (string | number)[] | undefined
  /** Operations a second, from what the client printed; NaN when it does not say. */
  rateOf: (output: string) => number
}

/** A peer as a contestant: no more is known of it than what its client says. */
export function ownClient(entry: OwnClientEntry): Contestant {
  return {
    name: entry.name,
    kind: 'peer',
    open: async () => {
      const server = await startServer({ path: entry.path, args: entry.server }, 'server')
      return {
        sample: (name, seconds) => run(entry, server, name, seconds),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  }
}

async function run(
  entry: OwnClientEntry,
  server: RunningServer,
  name: string,
  seconds: number,
): Promise<Sample> {
  const args = entry.client(name, server.port, seconds)
  if (args === undefined) throw new LeftOutError('its own client does not measure that')
  const command: Command = { path: entry.path, args }
  const [began, before] = [performance.now(), cpuSecondsOf(server.pid)]
  await using client = await startProcess(command, 'load')
  await client.exited
  const serverCpu = (cpuSecondsOf(server.pid) - before) / ((performance.now() - began) / 1000)
  const rate = entry.rateOf(client.stdout)
  if (!(rate > 0)) throw new Error(errorOutput(client))
  return { rate, serverCpu }
}
