import { connectionLimitOptions, count, host, port, wait } from '@sockyard/service/common-options'
import { text } from '@sockyard/service/options'
import { z } from 'zod'

/** Keys become flags and variables: `idleTimeout` is --idle-timeout and IDLE_TIMEOUT. */
export const serveOptions = z.strictObject({
  port: port(3999),
  host: host(),
  greeting: text('hello').meta({ short: 'g', description: 'what everybody is told' }),
  ...connectionLimitOptions({ idleTimeout: '300s' }),
})

export const meetOptions = z.strictObject({
  count: count(),
  wait: wait('1s'),
})

export type ServeOptions = z.output<typeof serveOptions>
export type MeetOptions = z.output<typeof meetOptions>
