import { expect, test } from 'vitest'

import type { Flow } from './flows.ts'
import type { ServiceTraffic } from './service-traffic.ts'
import { topologyOf } from './topology.ts'

const flow: Flow = {
  transport: 'tcp',
  localAddress: '192.0.2.1',
  localPort: 3111,
  remoteAddress: '192.0.2.9',
  remotePort: 40_000,
  group: null,
  receivedBytes: 1,
  sentBytes: 1,
  received: null,
  sent: null,
  last: '2026-11-27T12:00:00.000Z',
  bytesPerSecond: 10,
  packetsPerSecond: null,
}

const server: ServiceTraffic = {
  id: '192.0.2.1:9101',
  service: 'tcp-echo',
  listening: [{ transport: 'tcp', address: '::', port: 3111 }],
  memberships: [],
  flows: [],
}

const receiver: ServiceTraffic = {
  id: '192.0.2.2:9105',
  service: 'multicast-receiver',
  listening: [{ transport: 'udp', address: '239.255.1.1', port: 4321 }],
  memberships: [{ group: '239.255.1.1', interface: 'eth0', port: 4321 }],
  flows: [],
}

const heard: Flow = {
  ...flow,
  transport: 'udp',
  localAddress: '239.255.1.1',
  localPort: 4321,
  remoteAddress: '192.0.2.3',
  remotePort: 5555,
  group: '239.255.1.1',
  received: 5,
  sent: 0,
  packetsPerSecond: 2,
}

const sent: Flow = {
  ...heard,
  localAddress: '0.0.0.0',
  localPort: 5555,
  remoteAddress: '239.255.1.1',
  remotePort: 4321,
  received: 0,
  sent: 5,
}

function edges(...services: readonly ServiceTraffic[]): string[] {
  return topologyOf(services).edges.map(
    ({ from, to, kind, bytesPerSecond }) => `${from} ${to} ${kind} ${bytesPerSecond}`,
  )
}

test('connections of one host are one edge from it, with the sum of their rates', () => {
  const flows = [flow, { ...flow, remotePort: 40_001, bytesPerSecond: 5 }]
  expect(edges({ ...server, flows })).toEqual(['client:192.0.2.9 service:192.0.2.1:9101 flow 15'])
})

test('on loopback each socket is a node', () => {
  const local = { ...flow, remoteAddress: '127.0.0.1' }
  const flows = [local, { ...local, remotePort: 40_001 }]
  expect(edges({ ...server, flows })).toEqual([
    'client:127.0.0.1:40000 service:192.0.2.1:9101 flow 10',
    'client:127.0.0.1:40001 service:192.0.2.1:9101 flow 10',
  ])
})

test('traffic between two services is one edge, told by the one that listens', () => {
  const back = { localAddress: '192.0.2.9', localPort: 40_000, remoteAddress: '192.0.2.1' }
  const client: ServiceTraffic = {
    ...server,
    id: '192.0.2.9:9200',
    listening: [],
    flows: [{ ...flow, ...back, remotePort: 3111, bytesPerSecond: 9 }],
  }
  expect(edges({ ...server, flows: [flow] }, client)).toEqual([
    'service:192.0.2.9:9200 service:192.0.2.1:9101 flow 10',
  ])
})

test('a service that connects elsewhere has an edge to a peer', () => {
  expect(edges({ ...server, listening: [], flows: [flow] })).toEqual([
    'service:192.0.2.1:9101 peer:192.0.2.9 flow 10',
  ])
})

test('a member that hears nothing has a membership, and no delivery', () => {
  expect(edges(receiver)).toEqual(['service:192.0.2.2:9105 group:239.255.1.1 membership 0'])
})

test('deliveries go from the sender to the group, and from it to those who hear it', () => {
  const two = [receiver, { ...receiver, id: '192.0.2.4:9105' }].map((each) =>
    Object.assign({}, each, { flows: [heard] }),
  )
  expect(edges(...two).filter((edge) => edge.includes('delivery'))).toEqual([
    'group:239.255.1.1 service:192.0.2.2:9105 delivery 10',
    'client:192.0.2.3 group:239.255.1.1 delivery 10',
    'group:239.255.1.1 service:192.0.2.4:9105 delivery 10',
  ])
  const sender = { ...server, id: '192.0.2.3:9104', listening: [], flows: [sent] }
  expect(edges(sender, ...two).filter((edge) => edge.includes('delivery'))).toEqual([
    'service:192.0.2.3:9104 group:239.255.1.1 delivery 10',
    'group:239.255.1.1 service:192.0.2.2:9105 delivery 10',
    'group:239.255.1.1 service:192.0.2.4:9105 delivery 10',
  ])
})
