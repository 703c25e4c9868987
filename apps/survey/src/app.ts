import { appDescription } from '@sockyard/catalog'
import { type App, command, serverCommand } from '@sockyard/service/lifecycle'

import {
  agentOptions,
  doctorOptions,
  hostOptions,
  meshOptions,
  multicastResponderOptions,
  pingMulticastOptions,
  reflectOptions,
  reportOptions,
} from './config.ts'

const host = command({
  name: 'host',
  summary: 'say what the network does to packets on the way to hosts',
  examples: [{ args: 'localhost', description: 'by the services there' }],
  operands: [
    {
      name: 'HOST[:PORT]',
      description: 'a host; or by one service: udp://HOST',
      // Checked when it runs: `survey --check` of an image has none.
      optional: true,
      repeated: true,
    },
  ],
  options: hostOptions,
  run: async (context) => (await import('./host/survey-host.ts')).runHost(context),
})

const doctor = command({
  name: 'doctor',
  summary: 'say why nothing arrives at this host, or is answered',
  examples: [
    { args: 'host', description: 'what this host itself does to packets' },
    { args: 'multicast 239.255.43.21 --wait 1s', description: 'why a group is not received' },
    { args: 'udp localhost:3333', description: 'why a UDP service does not answer' },
    { args: 'stamp localhost', description: 'what becomes of packets to a reflector' },
    { args: 'tcp localhost:3111', description: 'why a TCP service cannot be reached' },
  ],
  operands: [
    { name: 'WHAT', description: 'host, multicast, udp, tcp or stamp', optional: true },
    {
      name: 'TARGET',
      description: 'GROUP[:PORT] (port 4321), HOST:PORT, for stamp HOST (port 4862), for host none',
      optional: true,
    },
  ],
  options: doctorOptions,
  run: async (context) => (await import('./doctor/doctor.ts')).runDoctor(context),
})

const pingMulticast = command({
  name: 'ping-multicast',
  summary: 'ask a Multicast Ping server (RFC 6450)',
  examples: [
    { args: 'localhost', description: 'source-specific, group 232.43.211.234 or ff3e::4321:1234' },
    {
      args: 'localhost 239.255.43.234',
      description: 'any-source; a group ends in .234 or :4321:1234',
    },
  ],
  operands: [
    { name: 'HOST[:PORT]', description: 'a multicast-responder, or ssmpingd', optional: true },
    { name: 'GROUP', description: 'the group to join', optional: true },
  ],
  options: pingMulticastOptions,
  run: async (context) => (await import('./multicast-ping/command.ts')).runPingMulticast(context),
})

const multicastResponder = serverCommand({
  name: 'multicast-responder',
  summary: 'answer Multicast Ping and ssmping (RFC 6450)',
  adminPort: 9113,
  examples: [{ args: '--check', description: 'only look whether the options are right' }],
  options: multicastResponderOptions,
  create: async (context) =>
    (await import('./multicast-ping/service.ts')).createMulticastResponder(context),
})

const reflect = serverCommand({
  name: 'reflect',
  summary: 'answer STAMP test packets (RFC 8762)',
  examples: [
    { args: '', description: 'stateless and unauthenticated, as most Session-Senders expect it' },
    { args: '--stateful --allow 127.0.0.0/8', description: 'tells loss there from loss back' },
  ],
  adminPort: 9114,
  options: reflectOptions,
  create: async (context) => (await import('./agent/reflector.ts')).createReflector(context),
})

const agent = serverCommand({
  name: 'agent',
  summary: 'answer every probe, and ask other places when told',
  adminPort: 9112,
  examples: [
    { args: '--check', description: 'only look whether the options are right' },
    { args: '--host 127.0.0.1', description: 'obeys, and probes, this host alone' },
  ],
  options: agentOptions,
  create: async (context) => (await import('./agent/agent.ts')).createAgent(context),
})

const mesh = command({
  name: 'mesh',
  summary: 'have every agent ask every other',
  examples: [
    { args: '--agents localhost,localhost:4864', description: 'two agents of this host' },
    { args: '--agents localhost,localhost:4864 --json', description: 'for `survey report`' },
  ],
  operands: [],
  options: meshOptions,
  run: async (context) => (await import('./mesh/mesh.ts')).runMesh(context),
})

const report = command({
  name: 'report',
  summary: 'show a run that was stored by --json, or write it as HTML',
  examples: [
    { args: 'run.jsonl --html run.html', description: 'a page to show others' },
    { args: 'run.jsonl --baseline before.jsonl', description: 'and what changed since' },
  ],
  operands: [
    { name: 'FILE', description: 'JSON lines of a run; -: standard input', optional: true },
  ],
  options: reportOptions,
  run: async (context) => (await import('./report/command.ts')).runReport(context),
})

export const app: App = {
  ...appDescription('survey'),
  commands: [host, mesh, agent, report, doctor, pingMulticast, multicastResponder, reflect],
}
