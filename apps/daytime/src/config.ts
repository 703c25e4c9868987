import {
  connectionLimitOptions,
  deadline,
  host,
  interval,
  ipFamilyOptions,
  json,
  port,
  quiet,
  rateLimit,
  wait,
} from '@sockyard/service/common-options'
import { flag, integer } from '@sockyard/service/options'
import { z } from 'zod'

/** What `query` asks when it is told no port. */
export const DAYTIME_PORT = 3013
export const TIME_PORT = 3037

export const serveOptions = z.strictObject({
  port: port(DAYTIME_PORT).meta({
    description: 'port of daytime, TCP and UDP; 0 picks free ones',
  }),
  timePort: port(TIME_PORT).meta({
    short: undefined,
    description: 'port of time, TCP and UDP; 0 picks free ones',
  }),
  host: host(),
  ...ipFamilyOptions,
  rateLimit: rateLimit(10).meta({
    description: 'answers a second over UDP to one source; 0 for no limit',
  }),
  maxSources: integer(10_000, { minimum: 1, maximum: 1_000_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description: 'sources whose rate is remembered, the most recent ones',
  }),
  ...connectionLimitOptions({ idleTimeout: '10s' }),
})

export const queryOptions = z.strictObject({
  time: flag().meta({ description: 'ask for the time of RFC 868, not the daytime of RFC 867' }),
  udp: flag().meta({ description: 'ask by UDP instead of TCP' }),
  count: integer(4, { minimum: 1 }).meta({
    short: 'c',
    valueName: 'COUNT',
    description: 'how often to ask',
  }),
  interval: interval('1s').meta({ description: 'time from one question to the next' }),
  wait: wait('2s').meta({ description: 'how long to wait for one answer' }),
  deadline: deadline(),
  ...ipFamilyOptions,
  quiet: quiet(),
  json: json(),
})

export type ServeOptions = z.output<typeof serveOptions>
export type QueryOptions = z.output<typeof queryOptions>
