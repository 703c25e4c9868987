import type { Sample } from './benchmark.ts'
import { cpuSecondsOf } from './process-tree.ts'
import { errorOutput, type RunningServer } from './server.ts'
import { startProcess } from './start-process.ts'

/** Long enough for most that just-in-time compilers and windows have settled. */
const WARM_UP_SECONDS = 0.5
/** What a load may take beyond its time to connect, warm up and finish. */
const GRACE_SECONDS = 15

/** A load generator of bench/c, which is told PORT WARM-UP SECONDS and then these. */
export interface LoadProgram {
  c: string
  args: readonly number[]
  /** How long a server is under load before it counts; default: 0.5. */
  warmUpSeconds?: number
}

/** What every run against a server gives; a load adds its own. */
interface LoadReport {
  seconds: number
  operations: number
  cpuSeconds: number
}

/**
 * Puts a load on a server and measures both: `rate` (operations a second), `ratePerCore` (operations
 * for a second of the server's processor time), `serverCpu` and `loadCpu`
 * (shares of a core), and what the load reports of its own.
 *
 * @throws {Error} with the last output of the load, or when nothing was received
 */
export async function runLoad(
  server: RunningServer,
  load: LoadProgram,
  seconds: number,
): Promise<Sample> {
  const { warmUpSeconds = WARM_UP_SECONDS } = load
  const args = [server.port, warmUpSeconds, seconds, ...load.args]
  await using running = await startProcess({ c: load.c, args }, 'load')
  const expiry = setTimeout(
    () => running.kill('SIGKILL'),
    (warmUpSeconds + seconds + GRACE_SECONDS) * 1000,
  )
  try {
    await running.waitForLog(({ event }) => event === 'begin')
    const share = cpuShareFromNow(server.pid)
    const { data } = await running.waitForLog(({ event }) => event === 'end')
    const serverCpu = share()
    running.stdin.end()
    const { code } = await running.exited
    if (code !== 0) throw new Error(errorOutput(running))
    return toSample(data as LoadReport, serverCpu)
  } catch (error) {
    throw running.stderr === '' ? error : new Error(errorOutput(running), { cause: error })
  } finally {
    clearTimeout(expiry)
  }
}

/** By its own clock: on a busy machine the load's words may be heard late. */
function cpuShareFromNow(pid: number): () => number {
  const [began, before] = [performance.now(), cpuSecondsOf(pid)]
  return () => (cpuSecondsOf(pid) - before) / ((performance.now() - began) / 1000)
}

function toSample(report: LoadReport, serverCpu: number): Sample {
  const { seconds, operations, cpuSeconds, ...own } = report
  if (operations === 0) throw new Error('no answer')
  const rate = operations / seconds
  return {
    rate,
    // Too little to be seen in ticks is no figure.
    ...(serverCpu > 0 && { ratePerCore: rate / serverCpu }),
    serverCpu,
    loadCpu: cpuSeconds / seconds,
    ...own,
  }
}
