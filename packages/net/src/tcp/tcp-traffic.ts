import type { PeerTraffic, TrafficReport } from '../peers/peer-traffic.ts'
import type { TcpConnection } from './tcp-connection.ts'
import type { TcpCounters } from './tcp-counters.ts'

/** The connections of a server as GET /peers tells them. */
export function tcpTraffic(
  connections: Iterable<TcpConnection>,
  counters: TcpCounters,
): TrafficReport {
  const since1970 = performance.timeOrigin
  const total = {
    receivedBytes: counters.get('received'),
    sentBytes: counters.get('sent'),
    received: 0,
    sent: 0,
  }
  return {
    peers: Array.from(connections, (each) => trafficOf(each, since1970)),
    total,
    memberships: [],
  }
}

function trafficOf(connection: TcpConnection, since1970: number): PeerTraffic {
  return {
    transport: 'tcp',
    localAddress: connection.localAddress,
    localPort: connection.localPort,
    remoteAddress: connection.address,
    remotePort: connection.port,
    group: null,
    receivedBytes: connection.bytesReceived,
    sentBytes: connection.bytesSent,
    received: null,
    sent: null,
    since: since1970 + connection.since,
    last: since1970 + connection.lastActivityAt,
  }
}
