import type { MulticastPingFacts, WayFacts } from '../../multicast-ping/ping.ts'

/** What a check came to. */
export interface PairVerdict {
  status: 'ok' | 'warn' | 'fail'
  /** One sentence. */
  summary: string
  cause: string | null
  /** One thing to do. */
  remedy: string | null
  evidence: string[]
  /** The RFC that says so. */
  reference: string | null
}

/** Of multicast replies more than of their unicast twins: less is what any network loses. */
const TOLERATED_LOSS = 0.01

type Finding = Omit<PairVerdict, 'evidence'>

/**
 * Whether multicast comes from one place to another, from the replies to the same requests by both ways: what the
 * unicast twins lose as well is the path's fault, not that of multicast.
 */
export function judgeMulticastPair(facts: MulticastPingFacts): PairVerdict {
  const rule = RULES.find(({ holds }) => holds(facts)) ?? WORKS
  return { ...rule.describe(facts), evidence: evidenceOf(facts) }
}

interface Rule {
  holds: (facts: MulticastPingFacts) => boolean
  describe: (facts: MulticastPingFacts) => Finding
}

const lossOf = ({ received, lost }: WayFacts): number => lost / Math.max(1, received + lost)
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const seconds = (millis: number): string => `${(millis / 1_000).toFixed(1)} s`

const RULES: readonly Rule[] = [
  {
    holds: ({ unicast, multicast }) => unicast.received + multicast.received === 0,
    describe: ({ address, port }) => ({
      status: 'fail',
      summary: `${address} answers neither by unicast nor by multicast: the path is broken, or no server is there`,
      cause: 'no Multicast Ping server runs there, or a firewall drops UDP on the way',
      remedy: `run sockyard survey multicast-responder there, and ask sockyard survey doctor udp ${address}:${port}`,
      reference: null,
    }),
  },
  {
    holds: ({ multicast }) => multicast.received === 0,
    describe: (facts) => ({ status: 'fail', ...whyNone(facts) }),
  },
  {
    holds: ({ silence }) => silence?.recovered === true,
    describe: ({ silence, group }) => ({
      status: 'fail',
      summary: `${group} stopped ${seconds(silence?.afterMillis ?? 0)} after joining, and came again once it was joined anew`,
      cause:
        'a switch with IGMP or MLD snooping forgot the membership: no querier asks the members to renew it',
      remedy: 'enable an IGMP and MLD querier on one switch or router of the network',
      reference: 'RFC 4541, section 2.1.1; RFC 3376, section 8.4',
    }),
  },
  {
    holds: ({ silence }) => silence !== null,
    describe: ({ silence, group }) => ({
      status: 'fail',
      summary: `${group} stopped ${seconds(silence?.afterMillis ?? 0)} after joining, and joining it anew did not help`,
      cause: 'the sender, a router or a filter on the way no longer forwards the group',
      remedy: 'look at the multicast routes of the routers (show ip mroute), and at their log',
      reference: null,
    }),
  },
  {
    holds: ({ multicast, unicast }) => lossOf(multicast) > lossOf(unicast) + TOLERATED_LOSS,
    describe: (facts) => ({ status: 'warn', ...whyLoss(facts) }),
  },
]

const WORKS: Rule = {
  holds: () => true,
  describe: ({ group, multicast, unicast }) => ({
    status: 'ok',
    summary: `${group} arrives: ${percent(lossOf(multicast))} lost, ${percent(lossOf(unicast))} of the unicast twins`,
    cause: null,
    remedy: null,
    reference: null,
  }),
}

function whyNone(facts: MulticastPingFacts): Omit<Finding, 'status'> {
  const { group, port, unicast } = facts
  const summary = `multicast is broken, the path is not: ${unicast.received} unicast replies, none to ${group}`
  const routers = unicast.hops ?? 0
  if (routers > 0)
    return {
      summary,
      cause: `${routers} routers lie between: one of them routes no multicast, or the TTL is ${routers} or less`,
      remedy: `enable PIM on every router of the way, and send with a TTL of at least ${routers + 1}`,
      reference: 'RFC 7761',
    }
  return {
    summary,
    cause: 'both are on one network: a switch, a bridge or a packet filter drops the group',
    remedy: `while this runs, ask sockyard survey doctor multicast ${group.includes(':') ? `[${group}]` : group}:${port}`,
    reference: 'RFC 4541',
  }
}

/** What is lost before the first reply is the time that a tree or a membership took to come up. */
function whyLoss({ group, multicast, unicast }: MulticastPingFacts): Omit<Finding, 'status'> {
  const before = (multicast.firstSequence ?? 1) - (unicast.firstSequence ?? 1)
  const summary = `${group} loses ${percent(lossOf(multicast))}, its unicast twins ${percent(lossOf(unicast))}`
  if (before >= multicast.lost && before > 0)
    return {
      summary: `${summary}: the first ${before} after joining`,
      cause: 'the membership or the multicast tree took that long to come up',
      remedy: 'join before the first datagram matters, or send the first ones again',
      reference: 'RFC 6450, section 1',
    }
  return {
    summary,
    cause:
      'multicast is limited or dropped on the way: storm control, Wi-Fi at its basic rate without acknowledgements, a slow receiver',
    remedy: 'compare the drops of each port on the way, and the limits for multicast there',
    reference: 'RFC 9119',
  }
}

function evidenceOf(facts: MulticastPingFacts): string[] {
  const { sent, joinMillis, unicast, multicast, silence } = facts
  return [
    `${sent} requests`,
    wayText('unicast', unicast),
    wayText('multicast', multicast),
    ...(joinMillis === null
      ? []
      : [`first multicast reply ${joinMillis.toFixed(1)} ms after joining`]),
    ...(silence === null ? [] : [`silent from ${seconds(silence.afterMillis)} after joining`]),
  ]
}

function wayText(name: string, { received, lost, duplicated, hops }: WayFacts): string {
  return `${name}: received ${received}, lost ${lost}, duplicated ${duplicated}, hops ${hops ?? 'unknown'}`
}
