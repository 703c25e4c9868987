import { formatAddress } from '@sockyard/net/address'

import type { MulticastFacts } from './multicast-facts.ts'

/** The way of a multicast datagram, from the program that sends it to the one that receives it. */
export const MULTICAST_LINKS = [
  'sending application',
  'sending socket',
  'route',
  'sending interface',
  'network',
  'receiving interface',
  'filter',
  'membership',
  'receiving socket',
  'receiving application',
] as const

type MulticastLink = (typeof MULTICAST_LINKS)[number]

/** Fewer may be something else's: counters are the whole host's. */
export const SEVERAL = 3

/** One thing that can be wrong, or that nothing is. */
export interface Rule {
  code: string
  holds: (facts: MulticastFacts) => boolean
  /** The link that breaks; none when all is well. */
  broken?: MulticastLink
  describe: (facts: MulticastFacts) => { summary: string; cause: string; remedy: string }
}

const sum = (each: readonly { datagrams: number }[]): number =>
  each.reduce((total, { datagrams }) => total + datagrams, 0)
const target = ({ group, port }: MulticastFacts): string => formatAddress(group, port)
/** Packets that came in and went nowhere, beside those of the reverse-path filter. */
const undelivered = ({ counters }: MulticastFacts): number =>
  counters.received - counters.delivered - counters.forwarded - counters.reversePathFiltered

/** In the order of what explains most: the first that holds is the verdict. */
export const RULES: readonly Rule[] = [
  {
    code: 'no-route',
    holds: ({ hasRoute, isUp }) => !hasRoute && isUp,
    broken: 'membership',
    describe: (facts) => ({
      summary: `this host has no route to ${facts.group}${arrived(facts)}`,
      cause:
        'a program that names no interface cannot join there (ENODEV), nor send there (ENETUNREACH)',
      remedy: `ip route add ${facts.group} dev ${facts.interface}, or name the interface in the program`,
    }),
  },
  {
    code: 'arrives',
    holds: ({ sources }) => sum(sources) > 0,
    describe: (facts) => ({
      summary: `${target(facts)} arrives on ${facts.interface}: ${sum(facts.sources)} datagrams`,
      cause: `a socket that joins the group on ${facts.interface} receives it`,
      remedy: membershipHint(facts),
    }),
  },
  {
    code: 'interface-down',
    holds: ({ isUp }) => !isUp,
    broken: 'receiving interface',
    describe: ({ interface: name }) => ({
      summary: `${name} is down`,
      cause: 'an interface that is down receives nothing',
      remedy: `ip link set ${name} up`,
    }),
  },
  {
    code: 'no-multicast-flag',
    holds: ({ isMulticast }) => !isMulticast,
    broken: 'receiving interface',
    describe: ({ interface: name }) => ({
      summary: `${name} is not a multicast interface`,
      cause: 'the interface lacks the flag MULTICAST (netdevice(7)), as tunnels often do',
      remedy: `ip link set ${name} multicast on, or choose another with -I`,
    }),
  },
  {
    code: 'no-address',
    holds: ({ hasAddress }) => !hasAddress,
    broken: 'receiving interface',
    describe: ({ interface: name, group }) => ({
      summary: `${name} has no ${version(group)} address`,
      cause: `a group is joined, and a report of it sent, by an address of its family: ${version(group)} is off there, or was never set up`,
      remedy: `ip addr show dev ${name}, and give it an ${version(group)} address, or choose another with -I`,
    }),
  },
  {
    code: 'wrong-interface',
    holds: ({ elsewhere }) => sum(elsewhere) > 0,
    broken: 'membership',
    describe: (facts) => {
      const [{ interface: name } = { interface: '' }] = facts.elsewhere
      return {
        summary: `${target(facts)} arrives on ${name}, not on ${facts.interface}`,
        cause: `the group has to be joined where it comes in, and the route to it is ${facts.interface}`,
        remedy: `join it on ${name}: sockyard multicast-receiver -g ${facts.group} -p ${facts.port} -I ${name}`,
      }
    },
  },
  {
    code: 'reverse-path-filter',
    holds: ({ counters }) => counters.reversePathFiltered > 0,
    broken: 'filter',
    describe: ({ interface: name, counters }) => ({
      summary: `the reverse-path filter drops ${counters.reversePathFiltered} packets`,
      cause: `the way back to their sender is not ${name} (rp_filter, RFC 3704)`,
      remedy: `sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.${name}.rp_filter=2, or a route to the sender by ${name}`,
    }),
  },
  {
    code: 'wrong-port',
    holds: ({ counters }) => counters.ignoredMulticast >= SEVERAL,
    broken: 'receiving socket',
    describe: (facts) => ({
      summary: `${facts.counters.ignoredMulticast} datagrams came to another port than ${facts.port}`,
      cause: 'they are for a group that is joined here, and no socket has their port',
      remedy: `compare the port of the sender: tcpdump -ni ${facts.interface} udp and dst ${facts.group}`,
    }),
  },
  {
    code: 'firewall',
    holds: (facts) => isFiltered(facts) || isFilteredLocally(facts),
    broken: 'filter',
    describe: (facts) => ({
      summary: isFiltered(facts)
        ? `${facts.counters.multicast} multicast packets came in, and went to no socket`
        : `${facts.interface} receives nothing of what this host itself sends to ${target(facts)}`,
      cause: 'a packet filter of this host drops them (nftables, iptables, firewalld, ufw)',
      remedy: `nft list ruleset, and accept udp to ${facts.group} port ${facts.port} in the input chain`,
    }),
  },
]

/** What came in as multicast, and was dropped behind the counter. */
function isFiltered(facts: MulticastFacts): boolean {
  return facts.counters.multicast >= SEVERAL && undelivered(facts) >= SEVERAL
}

/** Where no sender helps: IPv6 counts a multicast packet before the membership is looked up, with it or without. */
function isFilteredLocally({ local }: MulticastFacts): boolean {
  return local !== null && local.error === null && local.received === 0
}

const arrived = ({ sources, interface: name }: MulticastFacts): string =>
  sources.length === 0 ? '' : `; it arrives on ${name} all the same`
const version = (group: string): string => (group.includes(':') ? 'IPv6' : 'IPv4')

export const NOTHING_ARRIVES: Rule = {
  code: 'nothing-arrives',
  holds: () => true,
  broken: 'network',
  describe: (facts) => ({
    summary: `nothing for ${target(facts)} comes in on any interface`,
    ...whyNothing(facts),
  }),
}

/** What is known about the network before this host. */
function whyNothing(facts: MulticastFacts): {
  cause: string
  remedy: string
} {
  const { bridge, platform, group, members, local, interface: name } = facts
  if (platform !== null)
    return {
      cause: `${platform} carries no multicast`,
      remedy:
        'send unicast, or use an overlay that carries multicast (such as VXLAN with head-end replication)',
    }
  if (bridge?.isSnooping === true && !bridge.isQuerier)
    return {
      cause: `${bridge.name} does IGMP snooping, and there is no querier: memberships expire after about 260 s (RFC 4541)`,
      remedy: `ip link set ${bridge.name} type bridge mcast_querier 1`,
    }
  if (local?.error === 'EPERM')
    return {
      cause:
        'the packet filter of this host lets no multicast out: when it drops IGMP too, no router or switch learns of the membership',
      remedy: 'nft list ruleset, and accept ip protocol igmp (and icmpv6) in the output chain',
    }
  if (members.includes(name))
    return {
      cause: `another program joined it on ${name} before, so no new report was sent: no sender, or a switch with IGMP snooping and no querier has forgotten the membership`,
      remedy: `stop that program and ask again: if it arrives then, enable an IGMP querier on the switch or router`,
    }
  return {
    cause:
      'no sender, or its TTL is too small for the routers between, or it sends on another interface, or a switch with IGMP snooping has no querier',
    remedy: `on the sender: sockyard multicast-sender -g ${group} -I INTERFACE --ttl 8, and look at its interface with tcpdump`,
  }
}

/** What to tell whose own program receives nothing all the same. */
function membershipHint({ members, interface: name }: MulticastFacts): string {
  if (members.includes(name)) return ''
  const where = members.length === 0 ? '' : `; there are members on ${members.join(', ')}`
  return `no other program is a member on ${name}${where}: one that receives nothing must join there`
}
