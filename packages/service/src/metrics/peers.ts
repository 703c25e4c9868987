import type { PeerTraffic, TrafficReport, TrafficSum } from '@sockyard/net/peers'

import type { Registry } from './prometheus.ts'

/** Of all peers those with the most traffic are listed, and the others summed. */
const MAXIMUM_PEERS = 256

/** A service and its admin endpoint share a registry of metrics, and so what knows its peers. */
const reportsOf = new WeakMap<Registry, (() => TrafficReport)[]>()

/** From now on GET /peers of the admin endpoint tells these, too. */
export function showPeers(metrics: Registry, read: () => TrafficReport): void {
  const reports = reportsOf.get(metrics) ?? []
  reportsOf.set(metrics, reports)
  reports.push(read)
}

/** What GET /peers answers: the name of the app, the peers with the most bytes, the sum of the others, and the groups that are joined. */
export function peersAnswer(metrics: Registry, service: string) {
  const reports = (reportsOf.get(metrics) ?? []).map((read) => read())
  const all = reports.flatMap(({ peers }) => peers)
  const listed = all.toSorted((one, other) => bytesOf(other) - bytesOf(one)).slice(0, MAXIMUM_PEERS)
  return {
    at: new Date().toISOString(),
    service,
    peers: listed.map((peer) => ({
      ...peer,
      since: new Date(peer.since).toISOString(),
      last: new Date(peer.last).toISOString(),
    })),
    others: difference(sumOf(reports.map(({ total }) => total)), sumOf(listed)),
    memberships: reports.flatMap(({ memberships }) => memberships),
  }
}

function bytesOf({ receivedBytes, sentBytes }: PeerTraffic): number {
  return receivedBytes + sentBytes
}

type Summed = Pick<PeerTraffic, 'receivedBytes' | 'sentBytes' | 'received' | 'sent'>

function sumOf(all: readonly Summed[]): TrafficSum {
  const sum = { receivedBytes: 0, sentBytes: 0, received: 0, sent: 0 }
  for (const each of all) {
    sum.receivedBytes += each.receivedBytes
    sum.sentBytes += each.sentBytes
    sum.received += each.received ?? 0
    sum.sent += each.sent ?? 0
  }
  return sum
}

/** What is listed of datagrams is an estimate, which may be a little more than all. */
function difference(total: TrafficSum, part: TrafficSum): TrafficSum {
  return {
    receivedBytes: Math.max(0, total.receivedBytes - part.receivedBytes),
    sentBytes: Math.max(0, total.sentBytes - part.sentBytes),
    received: Math.max(0, total.received - part.received),
    sent: Math.max(0, total.sent - part.sent),
  }
}
