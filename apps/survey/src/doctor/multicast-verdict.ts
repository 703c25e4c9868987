import type { MulticastFacts } from './multicast-facts.ts'
import { MULTICAST_LINKS, NOTHING_ARRIVES, RULES, SEVERAL } from './multicast-rules.ts'
import { chainOf, type Verdict } from './verdict.ts'

/** Why a group is or is not received, from what the kernel has counted meanwhile. */
export function judgeMulticast(facts: MulticastFacts): Verdict {
  const { broken, code, describe } = RULES.find(({ holds }) => holds(facts)) ?? NOTHING_ARRIVES
  return {
    verdict: broken === undefined ? 'ok' : 'fail',
    code,
    ...describe(facts),
    evidence: evidenceOf(facts),
    chain: chainOf(MULTICAST_LINKS, broken, cameIn(facts) ? 'network' : broken),
  }
}

/** Whether anything of the group was seen at this host, so that all links before are in order. */
function cameIn({ sources, elsewhere, counters }: MulticastFacts): boolean {
  const { reversePathFiltered, ignoredMulticast, multicast } = counters
  return (
    sources.length + elsewhere.length + reversePathFiltered > 0 ||
    ignoredMulticast >= SEVERAL ||
    multicast >= SEVERAL
  )
}

function evidenceOf(facts: MulticastFacts): string[] {
  const { counters, local, sources, elsewhere, members, bridge } = facts
  const seconds = Math.round(facts.listenedMillis / 100) / 10
  return [
    `listened on ${facts.interface} for ${seconds} s`,
    ...sources.map(({ address, datagrams }) => `${datagrams} datagrams from ${address}`),
    ...elsewhere.map((each) => `${each.datagrams} datagrams on ${each.interface}`),
    `IP packets received ${counters.received}, delivered ${counters.delivered}, multicast ${counters.multicast}`,
    `reverse-path filter ${counters.reversePathFiltered} (rp_filter ${facts.reversePathFilter}), other port ${counters.ignoredMulticast}`,
    `members before: ${members.length === 0 ? 'none' : members.join(', ')}`,
    ...(bridge === null
      ? []
      : [
          `bridge ${bridge.name}: snooping ${bridge.isSnooping ? 'on' : 'off'}, querier ${bridge.isQuerier ? 'on' : 'off'}`,
        ]),
    ...(local === null
      ? []
      : [
          `sent to itself (TTL 0): ${local.received} of ${local.sent} received${local.error === null ? '' : `, ${local.error}`}`,
        ]),
  ]
}
