import { chainOf, type Verdict } from '../../doctor/verdict.ts'
import type { SizeFacts } from './size-facts.ts'

const LINKS = ['sender', 'whole packets', 'fragments', 'reflector']

interface Rule {
  code: string
  verdict: Verdict['verdict']
  broken?: string
  holds: (facts: SizeFacts) => boolean
  summary: (facts: SizeFacts) => string
  cause: string
  remedy: string
}

/** What one packet carries, IP's and UDP's headers counted. */
const pathMtuBytes = ({ largestWholeBytes, headerBytes }: SizeFacts): number =>
  largestWholeBytes + headerBytes
const lost = ({ fragmented }: SizeFacts): string =>
  fragmented.flatMap(({ bytes, answered }) => (answered ? [] : [bytes])).join(', ')

const RULES: readonly Rule[] = [
  {
    code: 'mtu-black-hole',
    verdict: 'fail',
    broken: 'whole packets',
    holds: ({ vanished }) => vanished,
    summary: (facts) =>
      `packets longer than ${pathMtuBytes(facts)} B vanish, and no ICMP message tells of it`,
    cause:
      'a link on the way has that MTU, and a filter drops ICMP "fragmentation needed" (RFC 2923)',
    remedy:
      'let ICMP type 3 code 4 and ICMPv6 type 2 pass (RFC 4890), or lower the MTU at both ends',
  },
  {
    code: 'fragments-lost',
    verdict: 'fail',
    broken: 'fragments',
    holds: (facts) => lost(facts) !== '',
    summary: (facts) => `datagrams in fragments are not answered: ${lost(facts)} B`,
    cause: 'a filter or an address translator on the way drops fragments (RFC 8900)',
    remedy: 'send no datagram that needs fragments, or let fragments pass',
  },
  {
    code: 'mtu-smaller',
    verdict: 'ok',
    holds: ({ isTold }) => isTold,
    summary: (facts) => `the path MTU is ${pathMtuBytes(facts)} B, as an ICMP message tells`,
    cause: 'a link on the way has a smaller MTU than the interface here',
    remedy: '',
  },
]

const CLEAN: Omit<Rule, 'holds'> = {
  code: 'every-size',
  verdict: 'ok',
  summary: (facts) => `every size is answered; the path MTU is ${pathMtuBytes(facts)} B`,
  cause:
    'whole packets pass up to the MTU that this host knows of the path, longer ones in fragments',
  remedy: '',
}

/** Which sizes the network carries, from those that were answered. */
export function judgeSizes(facts: SizeFacts): Verdict {
  const { code, verdict, broken, summary, cause, remedy } =
    RULES.find(({ holds }) => holds(facts)) ?? CLEAN
  return {
    verdict,
    code,
    summary: summary(facts),
    cause,
    remedy,
    evidence: evidenceOf(facts),
    chain: chainOf(LINKS, broken),
  }
}

function evidenceOf({ largestWholeBytes, fragmented }: SizeFacts): string[] {
  return [
    `largest payload answered in one packet ${largestWholeBytes} B`,
    ...fragmented.map(
      ({ bytes, answered }) => `${bytes} B in fragments ${answered ? 'answered' : 'not answered'}`,
    ),
  ]
}
