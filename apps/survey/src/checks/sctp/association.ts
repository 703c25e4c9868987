import { formatMicros } from '@sockyard/probe/report'
import { MicrosHistogram } from '@sockyard/probe/statistics'
import { connect, type Connection, PeerAbortedError } from '@sockyard/sctp'

import { type Check, type CheckContext, type Verdict, verdict } from '../../run/check.ts'

export interface AssociationFacts {
  udpPort: number
  /** `refused`: an ABORT came; `silent`: nothing. */
  outcome: 'up' | 'refused' | 'silent'
  /** The four messages of the handshake. */
  setupMicros: number | null
  outboundStreams: number
  inboundStreams: number
  /** Of messages that came back, one on each of some streams. */
  rttMicros: ReturnType<MicrosHistogram['summary']>
  /** Largest IP packet that is known to come through. */
  pathMtuBytes: number | null
}

/** RFC 6951. */
const UDP_PORT = 9899
const MESSAGES = 10
const STREAMS = 10
const BYTES = 64

/** An association of SCTP in UDP (RFC 6951) with an echo, and messages on its streams. */
export const sctpAssociation: Check<AssociationFacts> = {
  name: 'sctp-association',
  profiles: ['quick', 'full', 'long'],
  gather: gatherAssociation,
  judge: judgeAssociation,
  missing: ({ outcome, udpPort }) =>
    outcome === 'silent' ? `nothing answers SCTP at UDP port ${udpPort}` : undefined,
}

async function gatherAssociation(context: CheckContext): Promise<AssociationFacts> {
  const { peer, waitMillis, signal } = context
  const began = performance.now()
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(waitMillis)])
  let connection: Connection
  try {
    connection = await connect({
      host: peer.address,
      port: peer.port,
      udpPort: UDP_PORT,
      local: { outboundStreams: STREAMS, inboundStreams: STREAMS },
      signal: timeout,
    })
  } catch (error) {
    signal.throwIfAborted()
    return nothing(error instanceof PeerAbortedError ? 'refused' : 'silent')
  }
  await using up = connection
  const setupMicros = (performance.now() - began) * 1_000
  const { outboundStreams, inboundStreams } = up.info
  const rttMicros = await measure(up, outboundStreams, waitMillis, signal)
  const pathMtuBytes = up.status()?.paths.find(({ primary }) => primary)?.mtu ?? null
  const agreed = { outboundStreams, inboundStreams }
  return { udpPort: UDP_PORT, outcome: 'up', setupMicros, ...agreed, rttMicros, pathMtuBytes }
}

function nothing(outcome: 'refused' | 'silent'): AssociationFacts {
  const none = { setupMicros: null, rttMicros: null, pathMtuBytes: null }
  return { udpPort: UDP_PORT, outcome, outboundStreams: 0, inboundStreams: 0, ...none }
}

async function measure(
  connection: Connection,
  streams: number,
  waitMillis: number,
  signal: AbortSignal,
): Promise<AssociationFacts['rttMicros']> {
  const roundTrips = new MicrosHistogram()
  const messages = connection[Symbol.asyncIterator]()
  for (let index = 0; index < MESSAGES; index++) {
    const began = performance.now()
    await connection.send(
      { stream: index % streams, data: Buffer.alloc(BYTES, `${index}`) },
      signal,
    )
    if (!(await within(messages.next(), waitMillis, signal))) break
    roundTrips.record((performance.now() - began) * 1_000)
  }
  return roundTrips.summary()
}

/** Whether something comes in time. */
async function within(
  next: Promise<IteratorResult<unknown>>,
  waitMillis: number,
  signal: AbortSignal,
): Promise<boolean> {
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(waitMillis)])
  const isOver = new Promise<undefined>((resolve) =>
    waiting.addEventListener('abort', () => resolve(undefined), { once: true }),
  )
  const result = await Promise.race([next.catch(() => undefined), isOver])
  signal.throwIfAborted()
  return result?.done === false
}

export function judgeAssociation(facts: AssociationFacts): Verdict {
  const { outcome, udpPort, outboundStreams, inboundStreams, rttMicros } = facts
  if (outcome === 'silent')
    return {
      ...verdict('fail', `no association in time over UDP port ${udpPort}`),
      cause: 'no SCTP in UDP there, or a filter drops UDP to that port, or from it',
      remedy: `run \`sockyard sctp-echo serve\` there, and accept UDP to port ${udpPort}`,
      reference: 'RFC 6951, 5',
    }
  if (outcome === 'refused')
    return {
      ...verdict('fail', 'the association is refused'),
      cause: 'SCTP answers there, and no program listens on the SCTP port',
      remedy: 'run `sockyard sctp-echo serve` there, or name its port',
      reference: 'RFC 9260, 8.4',
    }
  const evidence = evidenceOf(facts)
  if (rttMicros === null)
    return { ...verdict('warn', 'an association comes up, and messages do not return'), evidence }
  const streams = `${outboundStreams} streams out, ${inboundStreams} in`
  return { ...verdict('ok', `an association comes up, ${streams}`), evidence }
}

function evidenceOf({ setupMicros, rttMicros, pathMtuBytes }: AssociationFacts): string[] {
  return [
    ...(setupMicros === null ? [] : [`handshake ${formatMicros(setupMicros)}`]),
    ...(rttMicros === null ? [] : [`round trip p50 ${formatMicros(rttMicros.p50)}`]),
    ...(pathMtuBytes === null ? [] : [`path MTU ${pathMtuBytes} B`]),
  ]
}
