import { bridgeOf, entries, reversePathFilter } from '../../doctor/interface-facts.ts'
import { numbersOf, read } from '../../doctor/kernel-counters.ts'

/** What this host is set to do with packets, and what it has lost since it started. Null: the kernel does not tell. */
export interface HostState {
  interfaces: InterfaceState[]
  bridges: { name: string; isSnooping: boolean; isQuerier: boolean }[]
  /** Entries of connection tracking now, the most there may be, and packets dropped for want of room. */
  tracked: number | null
  trackedMaximum: number | null
  trackingDrops: number | null
  /** The most that SO_RCVBUF may ask for, bytes (net.core.rmem_max). */
  receiveBufferMaximum: number | null
  /** Datagrams dropped because a socket's receive buffer was full. */
  receiveBufferDrops: number
  checksumErrors: number
  /** Connections dropped because a listener's accept queue was full. */
  acceptQueueDrops: number
  /** Packets whose fragments never came all. */
  reassemblyFailures: number
  reversePathDrops: number
  /** Seconds a TCP connection is idle before keepalive asks (net.ipv4.tcp_keepalive_time). */
  keepaliveSeconds: number | null
  /** Such as `tsc` or `kvm-clock`. */
  clockSource: string | null
}

export interface InterfaceState {
  name: string
  mtu: number
  isUp: boolean
  reversePathFilter: number
  /** What the network sends at most for IGMP: 0 is whatever it hears. */
  forcedIgmpVersion: number
  received: number
  sent: number
  receiveDrops: number
  receiveErrors: number
  sendDrops: number
  sendErrors: number
}

/** Of this network namespace. */
export function readHostState(): HostState {
  const numbers = numbersOf()
  const of = (name: string): number => numbers.get(name) ?? 0
  const names = entries('/sys/class/net')
  return {
    interfaces: names.map(interfaceState),
    bridges: names.flatMap((name) => {
      const isBridge = entries(`/sys/class/net/${name}/bridge`).length > 0
      const bridge = isBridge ? bridgeOf(name) : null
      return bridge === null ? [] : [bridge]
    }),
    tracked: number('/proc/sys/net/netfilter/nf_conntrack_count'),
    trackedMaximum: number('/proc/sys/net/netfilter/nf_conntrack_max'),
    trackingDrops: trackingDrops(read('/proc/net/stat/nf_conntrack')),
    receiveBufferMaximum: number('/proc/sys/net/core/rmem_max'),
    receiveBufferDrops: of('Udp.RcvbufErrors') + of('Udp6RcvbufErrors'),
    checksumErrors: of('Udp.InCsumErrors') + of('Udp6InCsumErrors') + of('Tcp.InCsumErrors'),
    acceptQueueDrops: of('TcpExt.ListenOverflows'),
    reassemblyFailures: of('Ip.ReasmFails') + of('Ip6ReasmFails'),
    reversePathDrops: of('TcpExt.IPReversePathFilter'),
    keepaliveSeconds: number('/proc/sys/net/ipv4/tcp_keepalive_time'),
    clockSource:
      read('/sys/devices/system/clocksource/clocksource0/current_clocksource').trim() || null,
  }
}

function interfaceState(name: string): InterfaceState {
  const folder = `/sys/class/net/${name}`
  const counter = (file: string): number => number(`${folder}/statistics/${file}`) ?? 0
  const igmp = `/proc/sys/net/ipv4/conf/${name}/force_igmp_version`
  return {
    name,
    mtu: number(`${folder}/mtu`) ?? 0,
    isUp: (Number(read(`${folder}/flags`)) & 1) === 1,
    reversePathFilter: reversePathFilter(name),
    forcedIgmpVersion: number(igmp) ?? 0,
    received: counter('rx_packets'),
    sent: counter('tx_packets'),
    receiveDrops: counter('rx_dropped') + counter('rx_missed_errors'),
    receiveErrors: counter('rx_errors'),
    sendDrops: counter('tx_dropped'),
    sendErrors: counter('tx_errors'),
  }
}

/** Hexadecimal columns, a line for each processor. @returns null without connection tracking */
export function trackingDrops(text: string): number | null {
  const [heading = '', ...lines] = text.trim().split('\n')
  const columns = heading.trim().split(/\s+/)
  const wanted = ['drop', 'early_drop', 'insert_failed'].map((name) => columns.indexOf(name))
  if (wanted.some((column) => column === -1)) return null
  const values = lines.map((line) => line.trim().split(/\s+/))
  const sums = wanted.map((column) =>
    values.reduce((sum, each) => sum + Number.parseInt(each[column] ?? '0', 16), 0),
  )
  return sums.reduce((sum, each) => sum + each, 0)
}

function number(path: string): number | null {
  const text = read(path).trim()
  return text === '' ? null : Number(text)
}
