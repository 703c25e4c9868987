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

/** When a line was written. */
const at = '2026-11-27T12:00:00.123456Z'
const counts = { sent: 10, received: 9, lost: 1, duplicated: 0, reordered: 0, malformed: 0 }
const silence = { ...counts, received: 0, lost: 10 }
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
const { sent: _sent, ...received } = counts

const refused: Failure = {
  errorClass: 'REFUSED',
  message: '127.0.0.1:3111: connection refused',
  host: '127.0.0.1',
  port: 3111,
  code: 'ECONNREFUSED',
}

const unvaried = {
  ipdvMicros: null,
  jitterMicros: null,
  sentBytesPerSecond: null,
  bytesPerSecond: null,
}

/** The events of every client, as runs of them end up writing them. */
export const echoPing: EchoPingEvent[] = [
  {
    event: 'start',
    at,
    data: {
      transport: 'udp',
      host: 'localhost',
      address: '::1',
      port: 3333,
      connections: 1,
      count: null,
      intervalMillis: 1000,
      window: null,
      sizeBytes: 64,
      sweep: null,
    },
  },
  {
    event: 'sample',
    at,
    data: {
      connection: 0,
      sequence: 0,
      sizeBytes: 64,
      outcome: 'answered',
      rttMicros: 58,
      replyTtl: 64,
      replyDscp: 46,
      replyEcn: 'ce',
    },
  },
  {
    event: 'sample',
    at,
    data: {
      connection: 0,
      sequence: 1,
      sizeBytes: 64,
      outcome: 'silent',
      rttMicros: null,
      replyTtl: null,
      replyDscp: null,
      replyEcn: null,
    },
  },
  {
    event: 'interval',
    at,
    data: {
      durationMillis: 1000,
      ...counts,
      skipped: 2,
      rttMicros,
      lateMicros: rttMicros,
      ipdvMicros: rttMicros,
      jitterMicros: 12.5,
      sentBytesPerSecond: 1_250_000,
      bytesPerSecond: 1_249_000,
    },
  },
  {
    event: 'end',
    at,
    data: {
      durationMillis: 9000.5,
      ...counts,
      skipped: 0,
      rttMicros,
      lateMicros: null,
      ...unvaried,
      ipdvMicros: { ...rttMicros, p90: null, p99: null, p999: null },
      verdict: 'answered',
      replies: [{ replyTtl: 64, replyDscp: 46, replyEcn: 'ce', received: 9 }],
      histogram: [{ fromMicros: 50, toMicros: null, count: 9 }],
      sweep: { largestAnsweredBytes: 1472, smallestLostBytes: 1480, pathMtuBytes: 1500 },
    },
  },
  {
    event: 'end',
    at,
    data: {
      durationMillis: 9000,
      ...silence,
      skipped: 0,
      rttMicros: null,
      lateMicros: null,
      ...unvaried,
      verdict: 'refused',
      replies: [],
      histogram: null,
      sweep: null,
      error: refused,
    },
  },
]

export const daytimeQuery: DaytimeQueryEvent[] = [
  {
    event: 'start',
    at,
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
    at,
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
    at,
    data: {
      sequence: 1,
      outcome: 'silent',
      text: null,
      offsetMicros: null,
      uncertaintyMicros: null,
      rttMicros: null,
    },
  },
  { event: 'interval', at, data: { durationMillis: 1000, ...counts, rttMicros } },
  {
    event: 'end',
    at,
    data: {
      durationMillis: 4000,
      ...counts,
      rttMicros,
      offsetMicros: 12.5,
      uncertaintyMicros: 80_000,
    },
  },
  {
    event: 'end',
    at,
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
    at,
    data: {
      host: '127.0.0.1',
      address: '127.0.0.1',
      port: 3111,
      direction: 'up',
      connections: 2,
      sizeBytes: 20_000_000,
      deadlineMillis: null,
    },
  },
  {
    event: 'sample',
    at,
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
    at,
    data: { durationMillis: 1000, sentBytes: 5, receivedBytes: 4, bytesPerSecond: 4 },
  },
  {
    event: 'end',
    at,
    data: {
      durationMillis: 20,
      sentBytes: 5,
      receivedBytes: 3,
      lostBytes: 1,
      malformedBytes: 1,
      bytesPerSecond: 1e9,
    },
  },
]

export const multicastSend: MulticastSendEvent[] = [
  {
    event: 'start',
    at,
    data: {
      sender: 4_000_000_000,
      engine: 'native',
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
  { event: 'sample', at, data: { ...place, sequence: Number.MAX_SAFE_INTEGER, sizeBytes: 24 } },
  { event: 'interval', at, data: { durationMillis: 1000, sent: 1, sentBytes: 24, dropped: 0 } },
  { event: 'end', at, data: { durationMillis: 1000, sent: 1, sentBytes: 24, dropped: 0 } },
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
    at,
    data: {
      memberships: [{ ...place, interface: null, source: 'fd00::1' }],
      engine: 'native',
      joined: [
        { group: place.group, interface: 'eth0', index: 2, members: 1, multicastAll: false },
        { group: place.group, interface: 'lo', index: 1, members: null, multicastAll: null },
      ],
    },
  },
  {
    event: 'sample',
    at,
    data: {
      ...place,
      source: 'fe80::1',
      sourcePort: 40_000,
      interface: 'eth0',
      ttl: 1,
      kernelDrops: 0,
      sender: 7,
      sequence: 0,
      sizeBytes: 29,
      delayMicros: 80.5,
      text: 'hello',
    },
  },
  {
    event: 'sample',
    at,
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
    at,
    data: { durationMillis: 1000, kernelDrops: 0, ...counts, flows: [measuredFlow] },
  },
  {
    event: 'end',
    at,
    data: { durationMillis: 1000, kernelDrops: 0, ...counts, flows: [measuredFlow, plainFlow] },
  },
]

const source = { source: '192.0.2.7', sourcePort: 123 }
const observed = {
  received: 9,
  rejected: 2,
  duplicated: 1,
  reordered: 0,
  malformed: 1,
  requests: { sent: 4, received: 3, lost: 1 },
}

export const sntpObserve: SntpObserveEvent[] = [
  {
    event: 'start',
    at,
    data: { port: 123, memberships: [{ group: '224.0.1.1', interface: 'eth0' }] },
  },
  {
    event: 'sample',
    at,
    data: {
      ...source,
      outcome: 'accepted',
      reason: null,
      ...reading,
      delayMicros: 55,
      jitterMicros: 1.5,
    },
  },
  {
    event: 'sample',
    at,
    data: {
      ...source,
      outcome: 'rejected',
      reason: 'zero-timestamp',
      ...unknown,
      delayMicros: null,
      jitterMicros: null,
    },
  },
  { event: 'interval', at, data: { durationMillis: 1000, ...observed, sources: [] } },
  {
    event: 'end',
    at,
    data: {
      durationMillis: 1000,
      ...observed,
      sources: [
        {
          ...source,
          state: 'heard',
          ...reading,
          delayMicros: 55,
          jitterMicros: null,
          lastHeard: '2036-02-07T06:28:16.000001Z',
          accepted: 9,
          rejections: { duplicate: 1 },
        },
      ],
    },
  },
]

export const sntpQuery: SntpQueryEvent[] = [
  {
    event: 'start',
    at,
    data: { host: 'ntp.test', address: '192.0.2.7', port: 123, count: 4, intervalMillis: 2000 },
  },
  {
    event: 'sample',
    at,
    data: { sequence: 0, outcome: 'answered', reason: null, ...reading, rttMicros: 110 },
  },
  {
    event: 'sample',
    at,
    data: {
      sequence: 1,
      outcome: 'rejected',
      reason: 'kiss-code',
      ...unknown,
      rttMicros: null,
    },
  },
  { event: 'interval', at, data: { durationMillis: 2000, ...counts, rttMicros } },
  {
    event: 'end',
    at,
    data: { durationMillis: 8000, ...counts, rttMicros, ...reading },
  },
]

export const sctpSend: SctpSendEvent[] = [
  {
    event: 'start',
    at,
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
    at,
    data: {
      kind: 'association',
      elapsedMillis: 0,
      message: 'association up',
      facts: { address: '127.0.0.1:9899', outboundStreams: 16 },
    },
  },
  {
    event: 'sample',
    at,
    data: {
      kind: 'message',
      elapsedMillis: 1.25,
      stream: 4,
      sequence: 0,
      tsn: 4_294_967_295,
      protocolId: 0,
      unordered: false,
      sizeBytes: 5,
      text: 'hello',
    },
  },
  { event: 'interval', at, data: { durationMillis: 1000, sent: 0, received: 900, lost: 0 } },
  { event: 'end', at, data: { durationMillis: 2, sent: 1, received: 1, lost: 0 } },
  {
    event: 'end',
    at,
    data: { durationMillis: 2, sent: 2, received: 1, lost: 1, error: refused },
  },
]
