import { SILENT } from '../../doctor/listen.ts'
import { type MulticastPingFacts, pingMulticast } from '../../multicast-ping/ping.ts'
import type { Check, CheckContext } from '../../run/check.ts'
import { judgeMulticastPair } from './pair-verdict.ts'

/** Any-source groups that a Multicast Ping server sends to (RFC 6450, section 3.4), of each family. */
const ANY_SOURCE_GROUPS = { 4: '239.255.43.234', 6: 'ff15::4321:1234' } as const

/** A group from there to here, beside its unicast twin: what most programs that use multicast rely on. */
export const anySourceMulticast: Check<MulticastPingFacts> = {
  name: 'multicast-any-source',
  profiles: ['quick', 'full', 'long'],
  gather: (context) => ping(context, ANY_SOURCE_GROUPS[context.peer.family]),
  judge: judgeMulticastPair,
  missing: ({ unicast, multicast }) =>
    unicast.received + multicast.received === 0 ? 'no Multicast Ping server answers' : undefined,
}

/** The same of a group from one source alone (RFC 4607). */
export const sourceSpecificMulticast: Check<MulticastPingFacts> = {
  name: 'multicast-source-specific',
  profiles: ['full', 'long'],
  gather: (context) => ping(context, undefined),
  judge: judgeMulticastPair,
}

/** Whether a server is there at all is known after these few; waiting for all the others would be in vain. */
const FEW = { count: 3, intervalMillis: 100 }
const FEW_WAIT_MILLIS = 1_000

async function ping(
  { peer: server, waitMillis, signal, pace }: CheckContext,
  group: string | undefined,
): Promise<MulticastPingFacts> {
  const asked = { server, group, interface: undefined, signal, log: SILENT }
  const soon = Math.min(waitMillis, FEW_WAIT_MILLIS)
  const first = await pingMulticast({ ...asked, ...FEW, waitMillis: soon })
  if (first.unicast.received + first.multicast.received === 0) return first
  return pingMulticast({ ...asked, ...pace, waitMillis })
}
