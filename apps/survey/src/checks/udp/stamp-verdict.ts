import { chainOf, type Link, type Verdict } from '../../doctor/verdict.ts'
import { wilsonInterval } from '../wilson-interval.ts'
import type { StampFacts } from './stamp-facts.ts'

const LINKS = ['sender', 'network there', 'reflector', 'network back']
const ECN_NAMES = ['not-ECT', 'ECT(1)', 'ECT(0)', 'CE']

interface Rule {
  code: string
  verdict: Verdict['verdict']
  broken?: (facts: StampFacts) => string
  holds: (facts: StampFacts) => boolean
  summary: (facts: StampFacts) => string
  cause: string
  remedy: string
}

/** A stateless reflector does not tell what arrived there. */
const LOST_SOMEWHERE: Link[] = LINKS.map((name) => ({
  name,
  state: name.startsWith('network') ? 'unknown' : 'ok',
}))

const lost = ({ sent, received }: StampFacts): number => sent - received
const isThere = (facts: StampFacts): boolean => (facts.lostThere ?? 0) > 0
const marked = (facts: StampFacts): string =>
  `DSCP ${facts.sentDscp} arrives as ${facts.arrivedDscp}`
/** Where markings are set again: what RFC 9435, section 4, sees on the Internet. */
const REMARK = 'have the first router trust or set the DSCP of this traffic, or do not rely on it'

/** The first that holds is the verdict: nothing at all, loss, then what happens to markings. */
const RULES: readonly Rule[] = [
  {
    code: 'silent',
    verdict: 'fail',
    broken: () => 'reflector',
    holds: ({ received }) => received === 0,
    summary: ({ sent }) => `none of ${sent} test packets is answered`,
    cause: 'no Session-Reflector there, or a filter drops UDP to its port, or from it',
    remedy: 'run `sockyard survey reflect` there, and accept UDP to port 4862',
  },
  {
    code: 'loss',
    verdict: 'fail',
    broken: (facts) => (isThere(facts) ? 'network there' : 'network back'),
    holds: (facts) => lost(facts) > 0,
    summary: (facts) => `${lost(facts)} of ${facts.sent} test packets are lost`,
    cause: 'a queue that is full, a bad link, or a filter that drops some',
    remedy: 'compare the drops of interfaces on the way (`ip -s link`), beginning at both ends',
  },
  {
    code: 'dscp-bleached',
    verdict: 'warn',
    holds: ({ sentDscp, arrivedDscp }) => arrivedDscp === 0 && sentDscp !== 0,
    summary: marked,
    cause: 'a router sets DSCP to 0 (bleaching; RFC 9435, section 4)',
    remedy: REMARK,
  },
  {
    code: 'dscp-precedence-bleached',
    verdict: 'warn',
    holds: ({ sentDscp, arrivedDscp }) =>
      arrivedDscp !== sentDscp && arrivedDscp === (sentDscp & 7),
    summary: marked,
    cause: 'a router clears the three bits of the former ToS precedence (RFC 9435, section 4)',
    remedy: REMARK,
  },
  {
    code: 'dscp-changed',
    verdict: 'warn',
    holds: ({ sentDscp, arrivedDscp }) => arrivedDscp !== null && arrivedDscp !== sentDscp,
    summary: marked,
    cause: 'a router sets another DSCP (re-marking; RFC 9435, section 4)',
    remedy: REMARK,
  },
  {
    code: 'ecn-bleached',
    verdict: 'warn',
    holds: ({ sentEcn, arrivedEcn }) => arrivedEcn === 0 && sentEcn !== 0,
    summary: ({ sentEcn }) => `ECN ${ECN_NAMES[sentEcn]} arrives as not-ECT`,
    cause: 'a router clears the ECN field (RFC 3168, section 5)',
    remedy: 'find the router that writes the whole former ToS octet, and have it write DSCP only',
  },
]

const CLEAN: Omit<Rule, 'holds'> = {
  code: 'clean',
  verdict: 'ok',
  summary: ({ sent }) => `all of ${sent} test packets are answered, and arrive as they were sent`,
  cause: 'nothing on the way drops or changes them',
  remedy: '',
}

/** What the network does to test packets, from what came of them. */
export function judgeStamp(facts: StampFacts): Verdict {
  const { code, verdict, broken, summary, cause, remedy } =
    RULES.find(({ holds }) => holds(facts)) ?? CLEAN
  return {
    verdict,
    code,
    summary: summary(facts),
    cause,
    remedy,
    evidence: evidenceOf(facts),
    chain:
      code === 'loss' && facts.lostThere === null
        ? LOST_SOMEWHERE
        : chainOf(LINKS, broken?.(facts)),
  }
}

function evidenceOf(facts: StampFacts): string[] {
  const { sent, received, duplicated, lostThere, arrivedDscp, arrivedEcn, arrivedTtl } = facts
  const [low, high] = wilsonInterval(lost(facts), sent).map((each) => (each * 100).toFixed(1))
  const there = lostThere === null ? 'not told (reflect --stateful tells)' : `${lostThere} there`
  const all = [`${received} of ${sent} answered, ${duplicated} twice`]
  all.push(`loss ${low} to ${high} % (95 % Wilson interval); lost ${there}`)
  if (received === 0) return all
  all.push(
    `sent with DSCP ${facts.sentDscp}, ECN ${ECN_NAMES[facts.sentEcn]}, TTL ${facts.sentTtl}`,
  )
  const ecn = arrivedEcn === null ? 'unknown' : (ECN_NAMES[arrivedEcn] ?? '')
  all.push(
    `arrived with DSCP ${arrivedDscp ?? 'unknown'}, ECN ${ecn}, TTL ${arrivedTtl ?? 'unknown'}`,
  )
  return all
}
