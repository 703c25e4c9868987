import { setTimeout as sleep } from 'node:timers/promises'

import { connectTo } from '@sockyard/net/connect'
import { formatDuration } from '@sockyard/probe/report'

import { type Check, type CheckContext, type Verdict, verdict } from '../../run/check.ts'
import { connectOptions } from './connect.ts'
import { type Echoed, echo } from './echo.ts'

interface Rung {
  idleMillis: number
  /** Of an echo after that time. */
  outcome: Echoed['outcome']
  /** The same on a connection with keepalive. */
  keepaliveOutcome: Echoed['outcome']
}

export interface IdleFacts {
  /** By rising time. */
  rungs: Rung[]
}

const MESSAGE = Buffer.alloc(64, 'sockyard survey\n')
/** Clouds forget after 240 s (Azure) and 350 s (AWS); RFC 5382 allows it after 2 h 4 min. */
const LADDER_MILLIS = [30, 60, 120, 240, 350, 600, 1_800, 3_600, 7_440].map((each) => each * 1_000)
/** Node takes keepalive times in whole seconds. */
const SHORTEST_KEEPALIVE_MILLIS = 1_000
const LONGEST_KEEPALIVE_MILLIS = 20_000
const KEEPALIVE_PROBES = 3

/** @returns the usual rungs below the longest, and that */
export function idleLadder(longestMillis: number): number[] {
  return [...LADDER_MILLIS.filter((each) => each < longestMillis), longestMillis]
}

/** Connections that are left alone, all at once: the ladder takes as long as its longest rung. */
export const tcpIdle: Check<IdleFacts> = {
  name: 'tcp-idle',
  profiles: ['quick', 'full', 'long'],
  async gather(context) {
    const climbed = await Promise.allSettled(
      context.idleMillis.map((idleMillis) => climb(idleMillis, context)),
    )
    const rungs = climbed.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    const failed = climbed.find((each) => each.status === 'rejected')
    // Stopped early, the rungs that are finished are worth reporting.
    if (failed !== undefined && (rungs.length === 0 || !context.signal.aborted)) throw failed.reason
    return { rungs }
  },
  judge: judgeIdle,
}

async function climb(idleMillis: number, context: CheckContext): Promise<Rung> {
  const [outcome, keepaliveOutcome] = await Promise.all([
    leaveAlone(idleMillis, context, false),
    leaveAlone(idleMillis, context, true),
  ])
  return { idleMillis, outcome, keepaliveOutcome }
}

async function leaveAlone(
  idleMillis: number,
  context: CheckContext,
  enable: boolean,
): Promise<Echoed['outcome']> {
  const { socket } = await connectTo([context.peer], connectOptions(context))
  using _ = { [Symbol.dispose]: () => socket.destroy() }
  const interval = Math.min(
    LONGEST_KEEPALIVE_MILLIS,
    Math.max(SHORTEST_KEEPALIVE_MILLIS, idleMillis / 4),
  )
  socket.setKeepAlive({ enable, initialDelay: interval, interval, count: KEEPALIVE_PROBES })
  const options = { stallMillis: context.waitMillis, signal: context.signal }
  const before = await echo(socket, MESSAGE, options)
  if (before.outcome !== 'whole') return before.outcome
  await sleep(idleMillis, undefined, { signal: context.signal })
  return (await echo(socket, MESSAGE, options)).outcome
}

export function judgeIdle({ rungs }: IdleFacts): Verdict {
  const evidence = rungs.map(
    ({ idleMillis, outcome, keepaliveOutcome }) =>
      `${formatDuration(idleMillis)}: ${outcome}, with keepalive ${keepaliveOutcome}`,
  )
  const cut = rungs.find(({ outcome }) => outcome !== 'whole')
  const longest = formatDuration(rungs.at(-1)?.idleMillis ?? 0)
  if (cut === undefined)
    return { ...verdict('ok', `idle connections live for ${longest}`), evidence }
  const after = formatDuration(cut.idleMillis)
  if (cut.outcome === 'closed')
    return {
      ...verdict('warn', `a connection that is idle for ${after} is closed`),
      evidence,
      cause: 'the service, or a proxy before it, has an idle timeout: it says so with a FIN',
      remedy: 'raise the idle timeout of the service, or send something earlier',
    }
  const isSaved = cut.keepaliveOutcome === 'whole'
  const how = cut.outcome === 'silent' ? 'is dropped silently' : 'is reset'
  return {
    ...verdict('fail', `a connection that is idle for ${after} ${how}`),
    evidence,
    cause: 'a NAT, firewall or load balancer on the way forgets the connection',
    remedy: isSaved
      ? 'switch keepalive on, more often than that (net.ipv4.tcp_keepalive_time): it saves the connection'
      : 'raise its timeout for established connections to 2 h 4 min; keepalive does not help',
    reference: 'RFC 5382, REQ-5',
  }
}
