import type { ListeningSocket } from '../services/listening.ts'
import { Endpoints, WILDCARDS } from './endpoints.ts'
import type { Flow } from './flows.ts'
import { Graph, type Topology } from './graph.ts'
import type { ServiceTraffic } from './service-traffic.ts'

/**
 * The network as the services see it: who talks to whom, and who is a member of which group. Traffic between two
 * services is told by the one that listens.
 */
export function topologyOf(services: readonly ServiceTraffic[]): Topology {
  const graph = new Graph()
  const endpoints = new Endpoints(services)
  for (const { id, service } of services) {
    const label = service ?? id
    graph.node({ id: serviceNode(id), kind: 'service', label, service: id, address: id })
  }
  for (const service of services) {
    for (const { group } of service.memberships) addMembership(graph, service, group)
    for (const flow of service.flows)
      if (flow.group === null) addFlow(graph, endpoints, service, flow)
      else addDelivery(graph, endpoints, service, { ...flow, group: flow.group })
  }
  return graph.topology()
}

function addMembership(graph: Graph, service: ServiceTraffic, group: string): void {
  graph.edge({
    from: serviceNode(service.id),
    to: groupNode(graph, group),
    transport: 'multicast',
    kind: 'membership',
    bytesPerSecond: 0,
    packetsPerSecond: 0,
    lastAt: null,
  })
}

/** From the client to the service; from a service that is a client itself to its peer. */
function addFlow(graph: Graph, endpoints: Endpoints, service: ServiceTraffic, flow: Flow): void {
  // Sockets of SCTP are not among those that a service tells of, and clients of it tell no peers.
  const isServed =
    flow.transport === 'sctp' || service.listening.some((socket) => isAt(socket, flow))
  const remote = endpoints.ownerOf(flow)
  // The service that listens there tells of it.
  if (!isServed && remote !== undefined) return
  const other = remote === undefined ? foreignNode(graph, flow, isServed) : serviceNode(remote)
  const own = serviceNode(service.id)
  const [from, to] = isServed ? [other, own] : [own, other]
  graph.edge({ from, to, transport: flow.transport, kind: 'flow', ...rateOf(flow) })
}

/** From the sender to the group, and from the group to those who hear it. */
function addDelivery(
  graph: Graph,
  endpoints: Endpoints,
  service: ServiceTraffic,
  flow: Flow & { group: string },
): void {
  const group = groupNode(graph, flow.group)
  const own = serviceNode(service.id)
  const common = { transport: 'multicast', kind: 'delivery', ...rateOf(flow) } as const
  if ((flow.sent ?? 0) > 0) graph.edge({ from: own, to: group, ...common })
  if ((flow.received ?? 0) === 0) return
  graph.edge({ from: group, to: own, ...common })
  // A sender among the services tells of what it sends.
  if (endpoints.ownerOf(flow) === undefined)
    graph.edgeOnce({ from: foreignNode(graph, flow, true), to: group, ...common })
}

function rateOf({ bytesPerSecond, packetsPerSecond, last }: Flow) {
  return { bytesPerSecond, packetsPerSecond, lastAt: last }
}

function serviceNode(id: string): string {
  return `service:${id}`
}

function groupNode(graph: Graph, group: string): string {
  const id = `group:${group}`
  return graph.node({ id, kind: 'group', label: group, service: null, address: group })
}

/** A host is one node; on this host each socket is one, for every program has the same address. */
function foreignNode(graph: Graph, flow: Flow, isClient: boolean): string {
  const { remoteAddress: address, remotePort: port } = flow
  const host = address.includes(':') ? `[${address}]` : address
  const label = isLoopback(address) ? `${host}:${port}` : address
  const kind = isClient ? 'client' : 'peer'
  return graph.node({ id: `${kind}:${label}`, kind, label, service: null, address })
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

function isAt(
  { transport, address, port }: ListeningSocket,
  { transport: wanted, localAddress, localPort }: Flow,
): boolean {
  const isThere = address === localAddress || WILDCARDS.includes(address)
  return transport === wanted && port === localPort && isThere
}
