import { integer, list, text } from '@sockyard/cli/options'
import { z } from 'zod'

/** RFC 6454, section 6.2 */
const ORIGIN = /^https?:\/\/[^/]+$/

const group = 'Service'

const addressOptions = {
  adminHost: text('127.0.0.1').meta({
    valueName: 'ADDRESS',
    group,
    description: 'address of the admin port; :: in a container',
  }),
  adminOrigin: list(
    z.string().regex(ORIGIN, 'must be an origin such as http://localhost:3080'),
  ).meta({
    valueName: 'ORIGIN',
    group,
    description: 'pages of it may read the admin endpoint (CORS); repeatable',
  }),
}

const PORTS = { minimum: 0, maximum: 65_535 }

/** --admin-port, --admin-host and --admin-origin of a server, which always has an admin endpoint. */
export function adminOptions(presetPort: number) {
  return {
    adminPort: integer(presetPort, PORTS).meta({
      valueName: 'PORT',
      group,
      description: 'port of /livez, /readyz, /metrics, /events; 0 picks a free one',
    }),
    ...addressOptions,
  }
}

/** The same of a client that runs until it is stopped: `context.openAdmin` opens it when a port is given. */
export const clientAdminOptions = {
  adminPort: integer(undefined, PORTS).meta({
    valueName: 'PORT',
    group,
    preset: 'none',
    description: 'port of /readyz, /metrics …, if the run has no end; 0 picks a free one',
  }),
  ...addressOptions,
}
