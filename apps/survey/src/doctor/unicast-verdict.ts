import { formatAddress } from '@sockyard/net/address'

import { serves } from './host-facts.ts'
import { chainOf, type Verdict } from './verdict.ts'

/** What came of asking one address. */
export interface UnicastFacts {
  transport: 'tcp' | 'udp'
  address: string
  port: number
  /** `answered`: over TCP the connection was made, over UDP a datagram came back. */
  outcome: 'answered' | 'silent' | 'error'
  /** The errno name, where the outcome is an error. */
  code: string | null
  /** From asking to the answer or the error. */
  elapsedMillis: number
  /** What was sent, in bytes, and whether it came back whole; over TCP only where the service echoes. */
  echoes: { bytes: number; returned: boolean }[]
  isOwnAddress: boolean
  isNeighbourAbsent: boolean
  /** Where the port is listened to on this host; empty when the address is another host's. */
  listeners: string[]
  waitMillis: number
}

const LINKS = [
  'client',
  'local firewall',
  'route',
  'neighbour',
  'network',
  'port',
  'answer',
  'size',
]

interface Rule {
  code: string
  holds: (facts: UnicastFacts) => boolean
  broken?: string
  verdict?: Verdict['verdict']
  describe: (facts: UnicastFacts) => { summary: string; cause: string; remedy: string }
}

const place = ({ address, port }: UnicastFacts): string => formatAddress(address, port)
const listensElsewhere = ({ listeners, address }: UnicastFacts): boolean =>
  listeners.length > 0 && !listeners.some((each) => serves(each, address))
const firstLost = ({ echoes }: UnicastFacts): number =>
  echoes.find(({ returned }) => !returned)?.bytes ?? 0
const someReturned = ({ echoes }: UnicastFacts): boolean => echoes.some(({ returned }) => returned)

/** Why a service answers or does not, from what was seen when it was asked. */
export function judgeUnicast(facts: UnicastFacts): Verdict {
  const rule = RULES.find(({ holds }) => holds(facts)) ?? SILENT
  return {
    verdict: rule.verdict ?? (rule.broken === undefined ? 'ok' : 'fail'),
    code: rule.code,
    ...rule.describe(facts),
    evidence: evidenceOf(facts),
    chain: chainOf(LINKS, rule.broken),
  }
}

const RULES: readonly Rule[] = [
  {
    code: 'large-lost',
    holds: (facts) => facts.outcome === 'answered' && someReturned(facts) && firstLost(facts) > 0,
    broken: 'size',
    describe: (facts) => ({
      summary: `${place(facts)} answers small messages, and none of ${firstLost(facts)} B`,
      cause:
        facts.transport === 'udp'
          ? 'fragments are dropped on the way (RFC 8900), or the service takes no datagram of that size'
          : 'a link on the way has a smaller MTU, and the ICMP messages that say so are dropped (RFC 2923)',
      remedy:
        facts.transport === 'udp'
          ? 'send at most 1,232 B in a datagram, or let IP fragments through'
          : 'let ICMP "fragmentation needed" and "packet too big" through, or clamp the MSS (iptables TCPMSS --clamp-mss-to-pmtu)',
    }),
  },
  {
    code: 'answers',
    holds: ({ outcome }) => outcome === 'answered',
    describe: (facts) => ({
      summary: `${place(facts)} ${facts.transport === 'tcp' ? 'accepts connections' : 'answers'}, in ${shown(facts.elapsedMillis)}`,
      cause: someReturned(facts)
        ? `it echoes up to ${Math.max(...facts.echoes.map(({ bytes }) => bytes))} B`
        : 'it accepts a connection; it does not echo, so sizes were not compared',
      remedy: '',
    }),
  },
  {
    code: 'bound-elsewhere',
    holds: listensElsewhere,
    broken: 'port',
    describe: (facts) => ({
      summary: `port ${facts.port} of this host is listened to at ${facts.listeners.join(', ')}, not at ${facts.address}`,
      cause: 'the server was bound to one address',
      remedy: `start it with --host ${facts.address}, or without --host for every address`,
    }),
  },
  {
    code: 'refused',
    holds: ({ code }) => code === 'ECONNREFUSED',
    broken: 'port',
    describe: (facts) => ({
      summary: `${place(facts)} refuses: the host answers, and no program has the port`,
      cause: facts.isOwnAddress
        ? 'no program of this host listens there'
        : 'no program of that host listens there, or its firewall rejects (REJECT)',
      remedy: `on that host: ss -ln${facts.transport === 'tcp' ? 't' : 'u'}p sport = :${facts.port}`,
    }),
  },
  {
    code: 'local-firewall',
    holds: ({ code }) => code === 'EPERM' || code === 'EACCES',
    broken: 'local firewall',
    describe: (facts) => ({
      summary: `this host does not let anything out to ${place(facts)}`,
      cause:
        'its own packet filter drops what is sent (output chain), or the address is a broadcast',
      remedy: 'nft list ruleset, and look at the output chain',
    }),
  },
  {
    code: 'no-route',
    holds: ({ code }) => code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL',
    broken: 'route',
    describe: (facts) => ({
      summary: `this host has no route to ${facts.address}`,
      cause: `there is neither a route to its network nor a default route for ${facts.address.includes(':') ? 'IPv6' : 'IPv4'}`,
      remedy: `ip route get ${facts.address}`,
    }),
  },
  {
    code: 'host-absent',
    holds: ({ code, isNeighbourAbsent }) => isNeighbourAbsent || code === 'EHOSTUNREACH',
    broken: 'neighbour',
    describe: (facts) => ({
      summary: `${facts.address} is not there: ${facts.isNeighbourAbsent ? 'it does not answer ARP' : 'host unreachable'}`,
      cause: 'no host of this network has the address now, or it is in another VLAN',
      remedy: `ip neigh show ${facts.address}, and check the address and the cable or VLAN`,
    }),
  },
  {
    code: 'reset',
    holds: ({ code }) => code === 'ECONNRESET' || code === 'EPIPE',
    broken: 'answer',
    describe: (facts) => ({
      summary: `${place(facts)} resets the connection`,
      cause:
        'the service or something between does not want this client (access list, limit, proxy)',
      remedy: 'read the log of the service; compare with a connection from its own host',
    }),
  },
  {
    code: 'failed',
    holds: ({ outcome }) => outcome === 'error',
    broken: 'network',
    describe: (facts) => ({
      summary: `${place(facts)}: ${facts.code ?? 'failed'}`,
      cause: 'the kernel reports the error of the last attempt',
      remedy: `ip route get ${facts.address}`,
    }),
  },
]

const SILENT: Rule = {
  code: 'silent',
  holds: () => true,
  broken: 'network',
  describe: (facts) => ({
    summary: `${place(facts)} does not answer within ${shown(facts.waitMillis)}`,
    cause:
      facts.transport === 'tcp'
        ? 'a firewall drops it, or the host is off: a host that is there would refuse at once'
        : 'a firewall drops it, the host is off, or the service does not answer what it does not know',
    remedy:
      facts.transport === 'tcp'
        ? `on that host: tcpdump -ni any tcp port ${facts.port} and 'tcp[tcpflags] & tcp-syn != 0'`
        : `run sockyard udp-echo --port ${facts.port} there for a moment, and look with tcpdump -ni any udp port ${facts.port}`,
  }),
}

function evidenceOf(facts: UnicastFacts): string[] {
  const { outcome, code, elapsedMillis, echoes, listeners } = facts
  return [
    `${outcome}${code === null ? '' : ` ${code}`} after ${shown(elapsedMillis)}`,
    ...echoes.map(({ bytes, returned }) => `${bytes} B ${returned ? 'returned' : 'lost'}`),
    ...(facts.isNeighbourAbsent ? [`no answer to ARP for ${facts.address}`] : []),
    ...(facts.isOwnAddress
      ? [`an address of this host; listening: ${listeners.join(', ') || 'none'}`]
      : []),
  ]
}

function shown(millis: number): string {
  return millis >= 1_000 ? `${(millis / 1_000).toFixed(1)} s` : `${millis.toFixed(1)} ms`
}
