import { byteSize, duration, integer } from '@sockyard/cli/options'
import type { EndpointOptions } from '@sockyard/sctp'
import type { z } from 'zod'

const GROUP = 'SCTP'

/** Where the round trip is not known yet (RTO.Initial, RFC 9260 section 16). */
const RTO_INITIAL_MILLIS = 1000

interface ProtocolOptions {
  rtoMin: number
  rtoMax: number
  pathMaxRetransmissions: number
  heartbeatInterval: number
  mtu: number | undefined
}

/** The protocol parameters that users of SCTP know, from RFC 9260 section 16 or as net.sctp of sysctl(8). */
export const protocolOptions = (preset: { rtoMax: string; heartbeatInterval: string }) =>
  ({
    rtoMin: duration('1s', { minimum: '10ms', maximum: '1h' }).meta({
      group: GROUP,
      description: 'minimum retransmission timeout (RTO.Min)',
    }),
    rtoMax: duration(preset.rtoMax, { minimum: '10ms', maximum: '1h' }).meta({
      group: GROUP,
      description: 'maximum retransmission timeout, after repeated losses (RTO.Max)',
    }),
    pathMaxRetransmissions: integer(5, { minimum: 0, maximum: 1000 }).meta({
      valueName: 'COUNT',
      group: GROUP,
      description:
        'consecutive timeouts tolerated before an address is unreachable (Path.Max.Retrans)',
    }),
    heartbeatInterval: duration(preset.heartbeatInterval, { minimum: '10ms', maximum: '1h' }).meta({
      group: GROUP,
      description: 'time between heartbeats on an idle address (HB.interval)',
    }),
    mtu: byteSize(undefined, { minimum: 576, maximum: 65_535 }).meta({
      group: GROUP,
      description: 'largest path MTU probed; default: 9000, or that of the interface',
    }),
  }) satisfies Record<keyof ProtocolOptions, z.ZodType>

/** For `refine`. */
export const rtoRange: [
  (options: ProtocolOptions) => boolean,
  { path: PropertyKey[]; message: string },
] = [
  ({ rtoMin, rtoMax }) => rtoMax >= rtoMin,
  { path: ['rtoMax'], message: 'must not be less than --rto-min' },
]

/** The same for the endpoint. */
export function endpointParameters(options: ProtocolOptions): Partial<EndpointOptions> {
  const { rtoMin, rtoMax, pathMaxRetransmissions, heartbeatInterval, mtu } = options
  return {
    rtoInitialMillis: Math.min(Math.max(RTO_INITIAL_MILLIS, rtoMin), rtoMax),
    rtoMinimumMillis: rtoMin,
    rtoMaximumMillis: rtoMax,
    pathMaximumRetransmissions: pathMaxRetransmissions,
    heartbeatIntervalMillis: heartbeatInterval,
    mtu,
  }
}
