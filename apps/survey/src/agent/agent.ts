import { AccessList } from '@sockyard/net/access'
import { chooseEngine } from '@sockyard/net/engine'
import { AddressInUseError } from '@sockyard/net/errors'
import type { LogTarget } from '@sockyard/net/log'
import { MULTICAST_PING_PORT } from '@sockyard/protocol/multicast-ping'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportCounts, exportTcpServer } from '@sockyard/service/metrics'

import { type AgentOptions, STAMP_PORT } from '../config.ts'
import { SERVICE_NAMES, SERVICES, type ServiceName } from '../host/services.ts'
import { MulticastPingResponder } from '../multicast-ping/responder.ts'
import { ControlServer } from './control.ts'
import { answerSctp, answerTcp, answerUdp, type Answering, type AnswerOptions } from './echoes.ts'
import { runJob } from './job.ts'
import { readKey } from './key.ts'
import { StampReflector } from './reflector.ts'

const PER_SECOND = 2_000

/** By service, what answers for it. */
type Answerers = Readonly<Record<ServiceName, () => Promise<Answering>>>

/** One process in one place, that answers every probe, and asks other places when a coordinator tells it to. */
export function createAgent(context: ServiceContext<AgentOptions>): Service {
  const { options, log, metrics, now } = context
  const { engine } = chooseEngine(options.engine)
  const key = options.keyFile === undefined ? undefined : readKey(options.keyFile)
  const { host, allow, deny } = options
  const answerers = answerersOf({ host, allow, deny, engine, log: demoted(log) }, now)
  const answering = new Map<ServiceName, Answering>()
  const control = new ControlServer({
    name: options.name ?? null,
    port: options.port,
    host,
    engine,
    key,
    allow,
    deny,
    log,
    services: () => [...answering.keys()],
    run: async (job, post, signal) =>
      runJob(job, { post, signal, refusal: probeRefusal(options, key) }),
  })
  exportCounts(metrics, {
    name: 'sockyard_survey_jobs_total',
    help: 'Jobs that coordinators gave, by outcome',
    label: 'outcome',
    read: () => [...control.outcomes],
  })
  exportTcpServer(metrics, control.server)
  return {
    async start() {
      for (const name of SERVICE_NAMES) {
        const opened = await open(name, answerers[name], log)
        if (opened !== undefined) answering.set(name, opened)
      }
      await control.start()
    },
    async stop(drained) {
      await control.stop(drained)
      await Promise.all([...answering.values()].map((each) => each.stop(drained)))
    },
  }
}

/** Where it listens, an agent says in one line: what its parts say of that is for --log-level debug. */
function demoted(log: LogTarget): LogTarget {
  return {
    debug: (facts, message) => log.debug(facts, message),
    info: (facts, message) => log.debug(facts, message),
    warn: (facts, message) => log.warn(facts, message),
    error: (facts, message) => log.error(facts, message),
    isLevelEnabled: (level) => log.isLevelEnabled(level),
  }
}

function answerersOf(answers: AnswerOptions, now: () => bigint): Answerers {
  const [allow, deny] = [[...answers.allow], [...answers.deny]]
  const limits = { ...answers, allow, deny, rateLimit: PER_SECOND }
  return {
    tcp: async () => answerTcp(answers),
    udp: async () => answerUdp(answers),
    sctp: async () => answerSctp(answers),
    async stamp() {
      const families = { ipv4: false, ipv6: false }
      const stateful = { stateful: true, keyFile: undefined }
      const reflect = { ...limits, ...families, ...stateful, port: STAMP_PORT }
      const { server } = new StampReflector({ options: reflect, log: answers.log, now })
      await server.start()
      return server
    },
    async multicast() {
      const responder = new MulticastPingResponder({ ...limits, port: MULTICAST_PING_PORT })
      await responder.start()
      return responder
    },
  }
}

/** @returns undefined where another program has the port: it may be a service of the same kind */
async function open(
  service: ServiceName,
  answer: () => Promise<Answering>,
  log: ServiceContext<AgentOptions>['log'],
): Promise<Answering | undefined> {
  try {
    return await answer()
  } catch (error) {
    if (!(error instanceof AddressInUseError)) throw error
    log.warn({ service, port: SERVICES[service].port }, 'port in use: not answered by this agent')
    return undefined
  }
}

/** Of networks of one's own (RFC 1918, 3927, 4193, 4291, 6598), and the loopback. */
const LOCAL_NETWORKS =
  '127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 ::1 fc00::/7 fe80::/10'.split(
    ' ',
  )
const LOOPBACK = ['127.0.0.0/8', '::1']

/** An agent that probes any address is a tool to attack others with. */
export function probeRefusal(
  { allow, deny }: Pick<AgentOptions, 'allow' | 'deny'>,
  key: Uint8Array | undefined,
): (address: string) => string | undefined {
  const local = key === undefined ? LOOPBACK : LOCAL_NETWORKS
  const access = new AccessList({ allow: allow.length === 0 ? local : allow, deny })
  const where = allow.length === 0 && key === undefined ? 'a key file, or --allow' : '--allow'
  return (address) =>
    access.check(address) === 'permitted'
      ? undefined
      : `the agent may not probe ${address}: give it ${where} for that address`
}
