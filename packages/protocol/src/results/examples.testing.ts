import type {
  DaytimeQueryEvent,
  EchoPingEvent,
  Failure,
  MulticastReceiveEvent,
  MulticastSendEvent,
  SctpSendEvent,
  SntpObserveEvent,
  SntpQueryEvent,
  TcpBulkEvent,
} from './index.ts'

const tallies = { sent: 10, received: 9, lost: 1, duplicated: 0, reordered: 0, malformed: 0 }
const silence = { ...tallies, received: 0, lost: 10 }
const rttMicros = {
  min: 41.2,
  mean: 60.5,
  p50: 58,
  p90: 80.1,
  p99: 99,
  p999: 99,
  max: 99.25,
  stddev: 9.1,
}
const reading = {
  offsetMicros: -12.5,
  uncertaintyMicros: 40,
  stratum: 2,
  reference: '192.0.2.1',
  leap: 0,
}
const unknown = {
  offsetMicros: null,
  uncertaintyMicros: null,
  stratum: null,
  reference: null,
  leap: null,
}
const place = { group: 'ff3e::8000:1', port: 4321 }
const { sent: _sent, ...received } = tallies

const refused: Failure = {
  errorClass: 'REFUSED',
  message: '127.0.0.1:3111: connection refused',
  host: '127.0.0.1',
  port: 3111,
  code: 'ECONNREFUSED',
}

/** The events of every client, as runs of them end up writing them. */
export const echoPing: EchoPingEvent[] = [
  {
    event: 'start',
    data: {
      transport: 'udp',
      host: 'localhost',
      address: '::1',
      port: 3333,
      connections: 1,
      count: null,
      intervalMillis: 1000,
      sizeBytes: 64,
    },
  },
  {
    event: 'sample',
    data: { connection: 0, sequence: 0, sizeBytes: 64, outcome: 'answered', rttMicros: 58 },
  },
  {
    event: 'sample',
    data: { connection: 0, sequence: 1, sizeBytes: 64, outcome: 'silent', rttMicros: null },
  },
  {
    event: 'interval',
    data: { durationMillis: 1000, ...tallies, skipped: 2, rttMicros, lateMicros: rttMicros },
  },
  {
    event: 'end',
    data: {
      durationMillis: 9000.5,
      ...tallies,
      skipped: 0,
      rttMicros,
      lateMicros: null,
      verdict: 'answered',
    },
  },
  {
    event: 'end',
    data: {
      durationMillis: 9000,
      ...silence,
      skipped: 0,
      rttMicros: null,
      lateMicros: null,
      verdict: 'refused',
      error: refused,
    },
  },
]

export const daytimeQuery: DaytimeQueryEvent[] = [
  {
    event: 'start',
    data: {
      service: 'daytime',
      transport: 'udp',
      host: 'localhost',
      address: '::1',
      port: 3013,
      count: 4,
      intervalMillis: 1000,
    },
  },
  {
    event: 'sample',
    data: {
      sequence: 0,
      outcome: 'answered',
      text: 'Friday, November 20, 2026 16:06:39-UTC',
      offsetMicros: -120_000.5,
      uncertaintyMicros: 500_029,
      rttMicros: 58,
    },
  },
  {
    event: 'sample',
    data: {
      sequence: 1,
      outcome: 'silent',
      text: null,
      offsetMicros: null,
      uncertaintyMicros: null,
      rttMicros: null,
    },
  },
  { event: 'interval', data: { durationMillis: 1000, ...tallies, rttMicros } },
  {
    event: 'end',
    data: {
      durationMillis: 4000,
      ...tallies,
      rttMicros,
      offsetMicros: 12.5,
      uncertaintyMicros: 80_000,
    },
  },
  {
    event: 'end',
    data: {
      durationMillis: 4000,
      ...silence,
      rttMicros: null,
      offsetMicros: null,
      uncertaintyMicros: null,
      error: refused,
    },
  },
]

export const tcpBulk: TcpBulkEvent[] = [
  {
    event: 'start',
    data: {
      host: '127.0.0.1',
      address: '127.0.0.1',
      port: 3111,
      connections: 2,
      sizeBytes: 20_000_000,
      deadlineMillis: null,
    },
  },
  {
    event: 'sample',
    data: {
      connection: 1,
      sentBytes: 10_000_000,
      receivedBytes: 10_000_000,
      bytesPerSecond: 1e9,
      firstWrongByte: null,
    },
  },
  {
    event: 'interval',
    data: { durationMillis: 1000, sentBytes: 5, receivedBytes: 4, bytesPerSecond: 4 },
  },
  { event: 'end', data: { durationMillis: 20, ...tallies, bytesPerSecond: 1e9 } },
]

export const multicastSend: MulticastSendEvent[] = [
  {
    event: 'start',
    data: {
      sender: 4_000_000_000,
      engine: 'batch',
      groups: [
        { ...place, options: { IPV6_MULTICAST_IF: 2, IPV6_MULTICAST_HOPS: 1 } },
        { ...place, options: null },
      ],
      interface: 'eth0',
      ttl: 1,
      loopback: true,
      count: null,
      intervalMillis: 1000,
      sizeBytes: null,
    },
  },
  { event: 'sample', data: { ...place, sequence: '18446744073709551615', sizeBytes: 24 } },
  { event: 'interval', data: { durationMillis: 1000, sent: 1, sentBytes: 24, dropped: 0 } },
  { event: 'end', data: { durationMillis: 1000, sent: 1, sentBytes: 24, dropped: 0 } },
]

const measuredFlow = {
  ...place,
  source: 'fe80::1',
  sender: 7,
  ...received,
  delayMicros: { ...rttMicros, min: -0.4 },
  jitterMicros: 3.5,
}
const plainFlow = { ...measuredFlow, sender: null, delayMicros: null, jitterMicros: null }

export const multicastReceive: MulticastReceiveEvent[] = [
  {
    event: 'start',
    data: {
      memberships: [{ ...place, interface: null, source: 'fd00::1' }],
      engine: 'batch',
      joined: [
        { group: place.group, interface: 'eth0', index: 2, members: 1, multicastAll: false },
        { group: place.group, interface: 'lo', index: 1, members: null, multicastAll: null },
      ],
    },
  },
  {
    event: 'sample',
    data: {
      ...place,
      source: 'fe80::1',
      sourcePort: 40_000,
      interface: 'eth0',
      ttl: 1,
      kernelDrops: 0,
      sender: 7,
      sequence: '0',
      sizeBytes: 29,
      delayMicros: 80.5,
      text: 'hello',
    },
  },
  {
    event: 'sample',
    data: {
      ...place,
      source: 'fe80::1',
      sourcePort: 0,
      interface: 'eth0',
      ttl: null,
      kernelDrops: null,
      sender: null,
      sequence: null,
      sizeBytes: 0,
      delayMicros: null,
      text: '0 B',
    },
  },
  {
    event: 'interval',
    data: { durationMillis: 1000, kernelDrops: 0, ...tallies, flows: [measuredFlow] },
  },
  {
    event: 'end',
    data: { durationMillis: 1000, kernelDrops: 0, ...tallies, flows: [measuredFlow, plainFlow] },
  },
]

const source = { source: '192.0.2.7', port: 123 }

export const sntpObserve: SntpObserveEvent[] = [
  {
    event: 'start',
    data: { port: 123, memberships: [{ group: '224.0.1.1', interface: 'eth0' }] },
  },
  { event: 'sample', data: { ...source, verdict: 'accept', reason: null, ...reading } },
  { event: 'sample', data: { ...source, verdict: 'refuse', reason: 'zero-timestamp', ...unknown } },
  { event: 'interval', data: { durationMillis: 1000, ...tallies, sources: [] } },
  {
    event: 'end',
    data: {
      durationMillis: 1000,
      ...tallies,
      sources: [
        {
          ...source,
          state: 'heard',
          ...reading,
          delayMicros: 55,
          jitterMicros: null,
          lastHeard: '2036-02-07T06:28:16.000001Z',
          accepted: 9,
          refused: { duplicate: 1 },
        },
      ],
    },
  },
]

export const sntpQuery: SntpQueryEvent[] = [
  {
    event: 'start',
    data: { host: 'ntp.test', address: '192.0.2.7', port: 123, count: 4, intervalMillis: 2000 },
  },
  {
    event: 'sample',
    data: { sequence: 0, outcome: 'answered', reason: null, ...reading, delayMicros: 110 },
  },
  {
    event: 'sample',
    data: { sequence: 1, outcome: 'refused', reason: 'kiss-code', ...unknown, delayMicros: null },
  },
  { event: 'interval', data: { durationMillis: 2000, ...tallies, rttMicros } },
  {
    event: 'end',
    data: { durationMillis: 8000, ...tallies, rttMicros, ...reading, delayMicros: 110 },
  },
]

export const sctpSend: SctpSendEvent[] = [
  {
    event: 'start',
    data: {
      host: 'localhost',
      address: '127.0.0.1',
      port: 9877,
      udpPort: 9899,
      outboundStreams: 16,
      inboundStreams: 10,
      sizeBytes: null,
    },
  },
  {
    event: 'sample',
    data: {
      kind: 'association',
      atMillis: 0,
      message: 'association up',
      facts: { address: '127.0.0.1:9899', outboundStreams: 16 },
    },
  },
  {
    event: 'sample',
    data: {
      kind: 'message',
      atMillis: 1.25,
      stream: 4,
      sequence: 0,
      tsn: 4_294_967_295,
      protocolId: 0,
      unordered: false,
      sizeBytes: 5,
      text: 'hello',
    },
  },
  { event: 'interval', data: { durationMillis: 1000, sent: 0, received: 900, sendFailed: 0 } },
  { event: 'end', data: { durationMillis: 2, sent: 1, received: 1, sendFailed: 0 } },
  {
    event: 'end',
    data: { durationMillis: 2, sent: 2, received: 1, sendFailed: 1, error: refused },
  },
]
