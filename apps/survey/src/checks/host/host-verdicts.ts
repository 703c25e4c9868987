import type { Verdict } from '../../doctor/verdict.ts'
import type { HostState, InterfaceState } from './host-state.ts'

/** What is wrong with one thing of a host. */
interface Finding {
  verdict: 'warn' | 'fail'
  code: string
  summary: string
  cause: string
  remedy: string
}

/** From here on entries of connection tracking may be used up by one burst. */
const NEARLY_FULL = 0.8
const FULL = 0.95
/** The share of lost packets that is worth a word. */
const LOSS = 0.001
/** A burst of datagrams that a busy program reads a little late. */
const SMALL_BUFFER_BYTES = 1_048_576
const SLOW_CLOCKS = new Set(['jiffies', 'acpi_pm', 'hpet', 'refined-jiffies'])

/** What this host does to packets, and has lost since it started: one verdict for each thing that is not as it should be; or one that nothing is. */
export function judgeHost(state: HostState): Verdict[] {
  const findings = [
    ...state.interfaces.flatMap((each) => ofInterface(each, state)),
    ...state.bridges.flatMap(ofBridge),
    ...ofTracking(state),
    ...ofSockets(state),
    ...ofClock(state),
  ]
  const evidence = evidenceOf(state)
  // What all of them rest on is said once.
  const [first, ...others] = findings
  if (first !== undefined)
    return [
      { ...first, evidence, chain: [] },
      ...others.map((each) => Object.assign({ evidence: [], chain: [] }, each)),
    ]
  return [
    {
      verdict: 'ok',
      code: 'host-clean',
      summary: 'nothing that this host is set to, or has counted, stops packets',
      cause: 'interfaces, filters, connection tracking, buffers and the clock are in order',
      remedy: '',
      evidence,
      chain: [],
    },
  ]
}

function ofInterface(
  {
    name,
    received,
    sent,
    receiveDrops,
    receiveErrors,
    sendDrops,
    sendErrors,
    ...own
  }: InterfaceState,
  { interfaces, reversePathDrops }: HostState,
): Finding[] {
  const found: Finding[] = []
  const lost = receiveDrops + receiveErrors
  if (lost > 0 && lost >= received * LOSS)
    found.push({
      verdict: 'warn',
      code: 'interface-receive-loss',
      summary: `${name} has dropped ${receiveDrops} packets that came in, and ${receiveErrors} were damaged`,
      cause: 'a full ring, a bad cable, or protocols that nobody here speaks',
      remedy: `ip -s -s link show dev ${name}; ethtool -S ${name} tells which, ethtool -G ${name} makes the ring longer`,
    })
  if (sendDrops + sendErrors > 0 && sendDrops + sendErrors >= sent * LOSS)
    found.push({
      verdict: 'warn',
      code: 'interface-send-loss',
      summary: `${name} has dropped ${sendDrops} packets that were to be sent, and ${sendErrors} failed`,
      cause: 'more is sent than the interface takes',
      remedy: `tc -s qdisc show dev ${name}; send more slowly, or make its queue longer`,
    })
  // With one interface there is one way back.
  const others = interfaces.filter((each) => each.isUp && each.name !== 'lo')
  if (own.reversePathFilter === 1 && own.isUp && name !== 'lo' && others.length > 1)
    found.push({
      // What it dropped may be long ago, and no loss to anybody.
      verdict: 'warn',
      code: 'reverse-path-filter-strict',
      summary: `${name} drops what comes from where its own route does not lead (${reversePathDrops} on this host)`,
      cause: 'rp_filter is 1, strict, and the host has several interfaces (RFC 3704)',
      remedy: `sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.${name}.rp_filter=2`,
    })
  if (own.forcedIgmpVersion > 0)
    found.push({
      verdict: 'warn',
      code: 'igmp-version-forced',
      summary: `${name} speaks IGMPv${own.forcedIgmpVersion} whatever it hears`,
      cause: 'force_igmp_version is set; source-specific multicast needs IGMPv3 (RFC 4607)',
      remedy: `sysctl -w net.ipv4.conf.${name}.force_igmp_version=0`,
    })
  return found
}

function ofBridge({ name, isSnooping, isQuerier }: HostState['bridges'][number]): Finding[] {
  if (!isSnooping || isQuerier) return []
  return [
    {
      verdict: 'warn',
      code: 'bridge-without-querier',
      summary: `bridge ${name} snoops IGMP, and is no querier`,
      cause:
        'without one it forgets members after some four minutes, and multicast stops (RFC 4541)',
      remedy: `ip link set ${name} type bridge mcast_querier 1`,
    },
  ]
}

function ofTracking({ tracked, trackedMaximum, trackingDrops }: HostState): Finding[] {
  const share = (tracked ?? 0) / (trackedMaximum ?? Infinity)
  const remedy = 'sysctl -w net.netfilter.nf_conntrack_max, or NOTRACK for what needs no tracking'
  if (share >= NEARLY_FULL)
    return [
      {
        verdict: share >= FULL ? 'fail' : 'warn',
        code: 'connection-tracking-full',
        summary: `${tracked} of ${trackedMaximum} entries of connection tracking are used`,
        cause: 'when it is full, packets of new connections are dropped',
        remedy,
      },
    ]
  if ((trackingDrops ?? 0) === 0) return []
  return [
    {
      verdict: 'warn',
      code: 'connection-tracking-drops',
      summary: `connection tracking has dropped or not entered ${trackingDrops} packets`,
      cause: 'it was full, or two packets raced for one entry, as parallel DNS queries do',
      remedy,
    },
  ]
}

function ofSockets(state: HostState): Finding[] {
  const { receiveBufferDrops, receiveBufferMaximum, acceptQueueDrops } = state
  const found: Finding[] = []
  const isSmall = receiveBufferMaximum !== null && receiveBufferMaximum < SMALL_BUFFER_BYTES
  if (receiveBufferDrops > 0)
    found.push({
      verdict: 'warn',
      code: 'receive-buffer-drops',
      summary: `${receiveBufferDrops} datagrams were dropped because a socket's receive buffer was full`,
      cause: isSmall
        ? `a program may ask for ${receiveBufferMaximum} B at most (net.core.rmem_max)`
        : 'a program reads too late, or asks for too small a buffer',
      remedy: 'sysctl -w net.core.rmem_max=4194304, and have the program ask for it (SO_RCVBUF)',
    })
  if (acceptQueueDrops > 0)
    found.push({
      verdict: 'warn',
      code: 'accept-queue-drops',
      summary: `${acceptQueueDrops} connections were dropped because an accept queue was full`,
      cause: 'a program accepts too slowly, or listens with too short a queue',
      remedy:
        'ss -ltn shows which (Recv-Q above Send-Q); net.core.somaxconn is the limit of listen(2)',
    })
  if (state.reassemblyFailures > 0)
    found.push({
      verdict: 'warn',
      code: 'fragments-lost',
      summary: `${state.reassemblyFailures} packets were not put together again: fragments were missing`,
      cause: 'a filter on the way drops fragments, or some are lost (RFC 8900)',
      remedy: 'send no datagram that needs fragments, or let fragments pass',
    })
  if (state.checksumErrors > 0)
    found.push({
      verdict: 'warn',
      code: 'checksum-errors',
      summary: `${state.checksumErrors} packets had a wrong checksum`,
      cause: 'a damaged link, or an offload that does not work with what sits in between',
      remedy: 'ethtool -K IF tx off rx off on both ends, one after the other',
    })
  return found
}

function ofClock({ clockSource }: HostState): Finding[] {
  if (clockSource === null || !SLOW_CLOCKS.has(clockSource)) return []
  return [
    {
      verdict: 'warn',
      code: 'clock-source-slow',
      summary: `the clock source is ${clockSource}`,
      cause: 'reading it takes microseconds, or it is coarse: delays are measured badly',
      remedy: 'have the machine offer a stable TSC, or kvm-clock',
    },
  ]
}

function evidenceOf(state: HostState): string[] {
  const { tracked, trackedMaximum, receiveBufferMaximum, keepaliveSeconds, clockSource } = state
  return [
    ...state.interfaces
      .filter(({ isUp }) => isUp)
      .map(
        ({ name, mtu, received, receiveDrops, reversePathFilter }) =>
          `${name}: MTU ${mtu}, ${received} packets received, ${receiveDrops} dropped, rp_filter ${reversePathFilter}`,
      ),
    tracked === null ? 'no connection tracking' : `tracked ${tracked} of ${trackedMaximum}`,
    `receive buffers up to ${receiveBufferMaximum ?? 'unknown'} B, keepalive after ${keepaliveSeconds ?? 'unknown'} s`,
    `clock source ${clockSource ?? 'unknown'}`,
  ]
}
