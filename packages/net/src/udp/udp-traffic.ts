import type { PeerTraffic, TrafficSum } from '../peers/peer-traffic.ts'
import type { PeerTable, UdpPeer } from './peer-table.ts'
import type { UdpCounters } from './udp-counters.ts'

/** 224.0.0.0/4 and ff00::/8 */
const MULTICAST = /^(?:22[4-9]|23\d)\.|^ff/

/** The peers of one socket, or of the sockets of one group. */
export function udpPeers(
  table: PeerTable,
  local: { address: string; port: number },
  group: string | null = null,
): PeerTraffic[] {
  return table.peers().map((peer) => trafficOf(peer, local, group ?? groupOf(peer)))
}

/** What a server sends to a group is no traffic with one peer. */
function groupOf({ address }: UdpPeer): string | null {
  return MULTICAST.test(address) ? address : null
}

function trafficOf(
  { address, port, ...counts }: UdpPeer,
  local: { address: string; port: number },
  group: string | null,
): PeerTraffic {
  return {
    transport: 'udp',
    localAddress: local.address,
    localPort: local.port,
    remoteAddress: address,
    remotePort: port,
    group,
    ...counts,
  }
}

/** What all threads of a server have received and sent. */
export function udpTotal(counters: readonly UdpCounters[]): TrafficSum {
  const sum = (read: (each: UdpCounters) => number): number =>
    counters.reduce((total, each) => total + read(each), 0)
  return {
    receivedBytes: sum((each) => each.receivedBytes),
    sentBytes: sum((each) => each.sentBytes),
    received: sum((each) => each.received),
    sent: sum((each) => each.sent),
  }
}
