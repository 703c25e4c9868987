import { fileURLToPath } from 'node:url'

import { connectionLimitOptions, host, rateLimit } from '@sockyard/service/common-options'
import { integer, text } from '@sockyard/service/options'
import { z } from 'zod'

/** The sample that comes with the app, with ports that anybody may open. */
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
    description: 'what to serve; read again at SIGHUP',
  }),
  host: host().meta({
    description: 'where lines without an address listen; :: takes IPv4 and IPv6',
  }),
  maxChildren: atLeastOne(256, 'programs at once, of all services'),
  maxChildrenPerService: atLeastOne(128, 'programs at once of one service, unless its line says'),
  maxChildrenPerAddress: atLeastOne(32, 'of them for one source address, unless the line says'),
  startsPerMinute: atLeastOne(256, 'starts a minute for one source address, unless the line says'),
  rateLimit: rateLimit(1000).meta({
    description: 'datagrams a second from one source to an internal service; 0 for no limit',
  }),
  ...connectionLimitOptions({ idleTimeout: '300s' }),
})

export type ServeOptions = z.output<typeof serveOptions>
