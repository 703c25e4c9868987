import { flag, integer } from '@sockyard/cli/options'
import {
  clientAdminOptions,
  connectionLimitOptions,
  deadline,
  engine,
  host,
  interval,
  ipFamilyOptions,
  json,
  port,
  quiet,
  rateLimit,
  requestCount,
  wait,
} from '@sockyard/service/options'
import { z } from 'zod'

/** The default port of `query`. */
export const DAYTIME_PORT = 3013
export const TIME_PORT = 3037

export const serveOptions = z
  .strictObject({
    port: port(DAYTIME_PORT).meta({
      description: 'daytime port, TCP and UDP; 0 picks a free one',
    }),
    timePort: port(TIME_PORT).meta({
      short: undefined,
      description: 'time port, TCP and UDP; 0 picks a free one',
    }),
    host: host(),
    ...ipFamilyOptions,
    engine: engine(),
    rateLimit: rateLimit(10).meta({
      description: 'UDP answers a second to one source; 0: no limit',
    }),
    maxSources: integer(10_000, { minimum: 1, maximum: 1_000_000 }).meta({
      valueName: 'COUNT',
      group: 'Limits',
      description: 'sources whose rate is tracked, the most recent ones',
    }),
    ...connectionLimitOptions({ idleTimeout: '10s' }),
  })
  .refine(({ port: daytime, timePort }) => daytime === 0 || daytime !== timePort, {
    path: ['timePort'],
    message: 'is the port of daytime too',
  })

export const queryOptions = z.strictObject({
  time: flag().meta({ description: 'query time (RFC 868) instead of daytime (RFC 867)' }),
  udp: flag().meta({ short: 'u', description: 'query over UDP instead of TCP' }),
  count: requestCount(),
  interval: interval('1s').meta({ description: 'time from one request to the next' }),
  wait: wait(),
  deadline: deadline(),
  ...ipFamilyOptions,
  quiet: quiet(),
  json: json(),
  ...clientAdminOptions,
})

export type ServeOptions = z.output<typeof serveOptions>
export type QueryOptions = z.output<typeof queryOptions>
