import { text } from '@sockyard/cli/options'
import { connectionLimitOptions, count, engine, host, port, wait } from '@sockyard/service/options'
import { z } from 'zod'

/** Keys become flags and variables: `idleTimeout` is --idle-timeout and SOCKYARD_IDLE_TIMEOUT. */
export const serveOptions = z.strictObject({
  port: port(3999),
  host: host(),
  engine: engine(),
  greeting: text('hello').meta({ short: 'g', description: 'the text that a client gets' }),
  ...connectionLimitOptions({ idleTimeout: '300s' }),
})

export const meetOptions = z.strictObject({
  count: count(),
  wait: wait(),
})

export type ServeOptions = z.output<typeof serveOptions>
export type MeetOptions = z.output<typeof meetOptions>
