import { connectTo } from '@sockyard/net/connect'
import { NetworkError } from '@sockyard/net/errors'
import { formatMicros } from '@sockyard/probe/report'
import { MicrosHistogram } from '@sockyard/probe/statistics'

import { type Check, type CheckContext, type Verdict, verdict } from '../../run/check.ts'
import { echo } from './echo.ts'

type Distribution = ReturnType<MicrosHistogram['summary']>

export interface ConnectFacts {
  attempts: number
  connected: number
  /** Of the attempts that failed, as the clients have them: TIMEOUT, REFUSED … */
  errorClasses: string[]
  connectMicros: Distribution
  /** Connections that took as long as a SYN that is sent again. */
  slowConnects: number
  rttMicros: Distribution
  /** Whether what was sent came back. */
  echoes: boolean
}

const CONNECTIONS = 20
const ROUND_TRIPS = 10
/** The first retransmission of a SYN comes after one second (RFC 6298, section 2). */
const SYN_TIMEOUT_MICROS = 1_000_000
/** After so many failures in a row no other outcome is to be expected. */
const FAILURES = 3

/** Connects again and again, and on the last connection measures round trips. */
export const tcpConnect: Check<ConnectFacts> = {
  name: 'tcp-connect',
  profiles: ['quick', 'full', 'long'],
  async gather(context) {
    const connects = new MicrosHistogram()
    const roundTrips = new MicrosHistogram()
    const facts = { attempts: 0, slowConnects: 0, errorClasses: new Array<string>(), echoes: true }
    while (facts.attempts < CONNECTIONS && facts.errorClasses.length < FAILURES && facts.echoes) {
      facts.attempts++
      const began = performance.now()
      try {
        const { socket } = await connectTo([context.peer], connectOptions(context))
        using _ = { [Symbol.dispose]: () => socket.destroy() }
        const micros = (performance.now() - began) * 1_000
        connects.record(micros)
        if (micros >= SYN_TIMEOUT_MICROS) facts.slowConnects++
        facts.echoes = await measure(socket, roundTrips, context)
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error
        facts.errorClasses.push(error.errorClass)
      }
    }
    return {
      ...facts,
      connected: connects.count,
      connectMicros: connects.summary(),
      rttMicros: roundTrips.summary(),
      echoes: roundTrips.count > 0,
    }
  },
  judge: judgeConnect,
}

export function connectOptions({ waitMillis, signal }: CheckContext) {
  return { timeoutMillis: waitMillis, signal }
}

/** @returns whether all came back */
async function measure(
  socket: Parameters<typeof echo>[0],
  roundTrips: MicrosHistogram,
  { waitMillis, signal }: CheckContext,
): Promise<boolean> {
  for (let index = 0; index < ROUND_TRIPS; index++) {
    const bytes = Buffer.alloc(64, `sockyard survey ${index}\n`)
    const { outcome, elapsedMillis } = await echo(socket, bytes, {
      stallMillis: waitMillis,
      signal,
    })
    if (outcome !== 'whole') return false
    roundTrips.record(elapsedMillis * 1_000)
  }
  return true
}

export function judgeConnect(facts: ConnectFacts): Verdict {
  const { attempts, connected, errorClasses, slowConnects } = facts
  const evidence = evidenceOf(facts)
  if (connected === 0)
    return {
      ...verdict('fail', `no connection: ${errorClasses.at(-1) ?? 'not tried'}`),
      evidence,
      cause: causeOf(errorClasses.at(-1)),
      remedy: 'sockyard survey doctor tcp HOST:PORT says which link breaks',
    }
  if (errorClasses.length > 0)
    return {
      ...verdict('fail', `${errorClasses.length} of ${attempts} connections failed`),
      evidence,
      cause: 'packets are lost, or the service or a firewall limits connections',
      remedy: "compare the service's count of rejected connections, then look for loss",
    }
  if (slowConnects > 0)
    return {
      ...verdict('warn', `${slowConnects} of ${attempts} connections took a second or longer`),
      evidence,
      cause: 'a SYN or its answer was lost and sent again, or a queue of connections was full',
      remedy: 'nstat -az TcpExtListenDrops TcpRetransSegs, on both hosts',
      reference: 'RFC 6298, 2',
    }
  return { ...verdict('ok', `connects ${attempts} times of ${attempts}`), evidence }
}

function causeOf(errorClass: string | undefined): string {
  if (errorClass === 'REFUSED') return 'the host answers, and no program has the port'
  if (errorClass === 'TIMEOUT') return 'a firewall drops it, or the host is off'
  return errorClass === 'UNREACHABLE' ? 'there is no route to the host' : 'the connection broke'
}

function shown(what: string, times: Distribution): string[] {
  if (times === null) return []
  return [`${what} p50 ${formatMicros(times.p50)}, max ${formatMicros(times.max)}`]
}

function evidenceOf({ connectMicros, rttMicros, connected, echoes }: ConnectFacts): string[] {
  return [
    ...shown('connecting', connectMicros),
    ...shown('round trip', rttMicros),
    ...(connected > 0 && !echoes ? ['does not echo what is sent'] : []),
  ]
}
