import type { EndpointOptions } from '@sockyard/sctp/endpoint'
import { byteSize, duration, integer } from '@sockyard/service/options'
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
      description: 'least time before what is not acknowledged is sent again (RTO.Min)',
    }),
    rtoMax: duration(preset.rtoMax, { minimum: '10ms', maximum: '1h' }).meta({
      group: GROUP,
      description: 'most, after repeated losses (RTO.Max)',
    }),
    pathMaxRetransmissions: integer(5, { minimum: 0, maximum: 1000 }).meta({
      valueName: 'COUNT',
      group: GROUP,
      description: 'more in a row make an address unreachable (Path.Max.Retrans)',
    }),
    heartbeatInterval: duration(preset.heartbeatInterval, { minimum: '10ms', maximum: '1h' }).meta({
      group: GROUP,
      description: 'an idle address is asked so often for an answer (HB.interval)',
    }),
    mtu: byteSize(undefined, { minimum: 576, maximum: 65_535 }).meta({
      group: GROUP,
      description: 'the largest IP packet looked for; 9000 or what the interface has unless told',
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
