import { choice, duration, flag, list, text } from '@sockyard/cli/options'
import { MULTICAST_PING_PORT } from '@sockyard/protocol/multicast-ping'
import {
  accessOptions,
  clientAdminOptions,
  engine,
  host,
  interval,
  ipFamilyOptions,
  json,
  port,
  rateLimit,
  requestCount,
  wait,
} from '@sockyard/service/options'
import { z } from 'zod'

const keyFile = () => text().meta({ valueName: 'FILE' })

export const hostOptions = z.strictObject({
  profile: choice(['quick', 'full', 'long'], 'quick').meta({
    description: 'full adds 20 MB, long idleness',
  }),
  idle: duration(undefined, { minimum: '1s', maximum: '24h' }).meta({
    preset: 'long: 10m',
    description: 'leave connections idle so long',
  }),
  wait: wait().meta({ description: 'for a connection, or an echo' }),
  json: json(),
})

export const reportOptions = z.strictObject({
  html: text().meta({ valueName: 'FILE', description: 'write it as one HTML page' }),
  junit: text().meta({ valueName: 'FILE', description: 'write the verdicts as JUnit XML' }),
  baseline: text().meta({
    valueName: 'FILE',
    preset: 'none',
    description: 'an earlier run: tell what changed since',
  }),
  failOn: choice(['fail', 'warn'], 'fail').meta({
    description: 'from which verdict on the exit code is 1',
  }),
})

export type ReportOptions = z.output<typeof reportOptions>

export type HostOptions = z.output<typeof hostOptions>

export const doctorOptions = z.strictObject({
  interface: text().meta({
    short: 'I',
    valueName: 'INTERFACE',
    preset: 'the one of the route',
    description: 'of a group, by name or address',
  }),
  wait: wait().meta({
    description: 'how long to listen, or to wait',
  }),
  json: json(),
  junit: text().meta({
    valueName: 'FILE',
    description: 'write the verdicts as JUnit XML too',
  }),
})

export type DoctorOptions = z.output<typeof doctorOptions>

export const pingMulticastOptions = z.strictObject({
  ...ipFamilyOptions,
  count: requestCount(),
  interval: interval('1s'),
  wait: wait(),
  interface: text().meta({
    short: 'I',
    valueName: 'INTERFACE',
    preset: 'the one to the server',
    description: 'where to join, by name or address',
  }),
  json: json(),
  ...clientAdminOptions,
})

export type PingMulticastOptions = z.output<typeof pingMulticastOptions>

export const multicastResponderOptions = z.strictObject({
  port: port(MULTICAST_PING_PORT),
  host: host(),
  engine: engine(),
  rateLimit: rateLimit(100),
  ...accessOptions,
})

export type MulticastResponderOptions = z.output<typeof multicastResponderOptions>

/** RFC 8762 has 862, which needs a privilege. */
export const STAMP_PORT = 4862

export const reflectOptions = z.strictObject({
  port: port(STAMP_PORT),
  host: host(),
  ...ipFamilyOptions,
  engine: engine(),
  stateful: flag().meta({
    description: 'count the answers of each session, so that loss there is told from loss back',
  }),
  keyFile: keyFile().meta({
    description: 'shared key of the authenticated mode: the bytes of a file, 16 or more',
  }),
  rateLimit: rateLimit(1000),
  ...accessOptions,
})

export type ReflectOptions = z.output<typeof reflectOptions>

/** Where coordinators connect to. */
export const AGENT_PORT = 4863

export const agentOptions = z.strictObject({
  name: text().meta({
    valueName: 'NAME',
    preset: 'its address',
    description: 'what reports call this place, such as its node',
  }),
  port: port(AGENT_PORT).meta({ description: 'port for coordinators; 0: any free one' }),
  host: host(),
  engine: engine(),
  keyFile: keyFile().meta({
    preset: 'obey this host alone',
    description: 'key of the coordinators: the bytes of a file, 16 or more',
  }),
  ...accessOptions,
})

export type AgentOptions = z.output<typeof agentOptions>

export const meshOptions = z.strictObject({
  agents: list(z.string()).meta({
    valueName: 'HOST[:PORT]',
    description: 'the agents (repeatable, or with commas)',
  }),
  dns: text().meta({
    valueName: 'NAME[:PORT]',
    preset: 'none',
    description: 'an agent at each address of a name',
  }),
  file: text().meta({
    valueName: 'FILE',
    preset: 'none',
    description: 'agents, one a line; -: standard input',
  }),
  keyFile: keyFile().meta({ preset: 'none', description: 'the key that the agents have' }),
  profile: hostOptions.shape.profile,
  idle: hostOptions.shape.idle,
  wait: hostOptions.shape.wait,
  json: json(),
})

export type MeshOptions = z.output<typeof meshOptions>
