import { fileURLToPath } from 'node:url'

import { integer, text } from '@sockyard/cli/options'
import { connectionLimitOptions, engine, host, rateLimit } from '@sockyard/service/options'
import { z } from 'zod'

/** The sample that comes with the app, with ports that need no privilege. */
const SAMPLE = fileURLToPath(new URL('../inetd.conf', import.meta.url))

const atLeastOne = (preset: number, description: string) =>
  integer(preset, { minimum: 1, maximum: 1_000_000 }).meta({
    valueName: 'COUNT',
    group: 'Limits',
    description,
  })

export const serveOptions = z.strictObject({
  config: text(SAMPLE).meta({
    valueName: 'FILE',
    preset: 'the sample inetd.conf',
    description: 'configuration file; read again on SIGHUP',
  }),
  host: host().meta({
    description: 'address of lines without one; :: takes IPv4 and IPv6',
  }),
  engine: engine(),
  maxChildren: atLeastOne(256, 'running programs in total'),
  maxChildrenPerService: atLeastOne(128, 'running programs of one service, unless its line says'),
  maxChildrenPerAddress: atLeastOne(32, 'of these for one source address, unless the line says'),
  startsPerMinute: atLeastOne(256, 'starts a minute for one source address, unless the line says'),
  rateLimit: rateLimit(1000).meta({
    description: 'datagrams a second from one source to an internal service; 0: no limit',
  }),
  ...connectionLimitOptions({ idleTimeout: '300s' }),
})

export type ServeOptions = z.output<typeof serveOptions>
