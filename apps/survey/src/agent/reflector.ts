import { servicePorts } from '@sockyard/catalog'
import {
  AccessList,
  DATAGRAM_REJECTIONS,
  type DatagramRules,
  datagramVerdict,
  RateLimiter,
  SourceFilter,
} from '@sockyard/net/access'
import type { ActivationSockets } from '@sockyard/net/activation'
import { sourceAddress } from '@sockyard/net/address'
import { limitLog, type LogTarget } from '@sockyard/net/log'
import {
  type Datagrams,
  type OnDatagrams,
  receiveTime,
  SharedCounters,
  UdpServer,
  type UdpSocket,
} from '@sockyard/net/udp'
import { readTestPacket } from '@sockyard/protocol/stamp'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportCounts, exportUdpServer } from '@sockyard/service/metrics'
import { ipFamily } from '@sockyard/service/options'

import type { ReflectOptions } from '../config.ts'
import { readKey } from './key.ts'
import { ReflectorSessions } from './reflector-sessions.ts'

/** What becomes of a datagram: it is answered, or there is exactly one reason why not. */
const VERDICTS = ['answered', ...DATAGRAM_REJECTIONS, 'malformed'] as const
type Verdict = (typeof VERDICTS)[number]

/** Nothing is known of how this host's clock is set: not synchronised, exact to a second (RFC 4656, section 4.1.2). */
const ERROR_ESTIMATE = { synchronized: false, ptp: false, scale: 32, multiplier: 1 }

/** What answers are made by. */
interface Reflector {
  readonly key: Uint8Array | undefined
  /** Undefined for a stateless one. */
  readonly sessions: ReflectorSessions | undefined
  /** Nanoseconds since 1970. */
  readonly now: () => bigint
}

/** What a reflector is made of. */
export interface ReflectorContext {
  options: ReflectOptions
  log: LogTarget
  /** Nanoseconds since 1970. */
  now: () => bigint
  activation?: ActivationSockets
}

/** A STAMP Session-Reflector (RFC 8762): an answer is as long as its request, and only a test packet has one. */
export class StampReflector {
  readonly server: UdpServer
  /** How many test packets got which verdict. */
  readonly verdicts = new SharedCounters(VERDICTS)

  /** @throws {UsageError} when the key cannot be read */
  constructor(context: ReflectorContext) {
    const { options, log, activation } = context
    this.server = new UdpServer({
      port: options.port,
      host: options.host,
      family: ipFamily(options),
      engine: options.engine,
      ...(activation !== undefined && { activation }),
      ancillary: ['timestamp', 'hopLimit', 'trafficClass'],
      log,
      onDatagrams: handler(context, this.verdicts),
    })
  }
}

/** The Session-Reflector as a process of its own. */
export function createReflector(context: ServiceContext<ReflectOptions>): Service {
  const { server, verdicts } = new StampReflector(context)
  exportCounts(context.metrics, {
    name: 'sockyard_survey_reflect_verdicts_total',
    help: 'STAMP test packets received, by verdict',
    label: 'verdict',
    read: () => verdicts.entries(),
  })
  exportUdpServer(context.metrics, server)
  return {
    start: async () => void (await server.start()),
    stop: async (drained) => server.stop(drained),
  }
}

function handler(
  { options, log, now }: ReflectorContext,
  counts: SharedCounters<Verdict>,
): OnDatagrams {
  const { keyFile, stateful, rateLimit: perSecond } = options
  const reflector: Reflector = {
    key: keyFile === undefined ? undefined : readKey(keyFile),
    sessions: stateful ? new ReflectorSessions() : undefined,
    now,
  }
  const access = new AccessList(options)
  const limiter = new RateLimiter({ perSecond })
  const limited = limitLog(log)
  let rules: DatagramRules | undefined
  return (datagrams, socket) => {
    rules ??= { filter: filterOf(socket), access, limiter }
    for (let index = 0; index < datagrams.count; index += 1) {
      const permission = datagramVerdict(datagrams, index, rules)
      const isPermitted = permission === 'permitted'
      const verdict = isPermitted ? reflect(reflector, datagrams, index, socket) : permission
      counts.count(verdict)
      if (verdict !== 'answered')
        limited.info({ ...sourceOf(datagrams, index), reason: verdict }, 'not answered')
    }
  }
}

function filterOf({ local }: UdpSocket): SourceFilter {
  return new SourceFilter({ ownPorts: [...servicePorts(), local.port] })
}

function sourceOf(datagrams: Datagrams, index: number) {
  const address = sourceAddress(datagrams, index)
  return { address, port: datagrams.sourcePort(index), bytes: datagrams.length(index) }
}

/** Answers one datagram that may be answered. */
function reflect(
  { key, sessions, now }: Reflector,
  datagrams: Datagrams,
  index: number,
  socket: UdpSocket,
): 'answered' | 'malformed' {
  const request = readTestPacket(datagrams.bytes(index), key)
  if (!request.ok) return 'malformed'
  const { packet } = request.value
  const sourcePort = datagrams.sourcePort(index)
  const address = sourceAddress(datagrams, index) ?? ''
  const counts = sessions?.count(address, sourcePort, packet.sessionId) ?? null
  const trafficClass = known(datagrams.trafficClass(index))
  const reflection = {
    receivedAt: receiveTime(datagrams, index, now()),
    ttl: known(datagrams.hopLimit(index)),
    header: { sourcePort, destinationPort: socket.local.port, trafficClass, counts },
    errorEstimate: ERROR_ESTIMATE,
  }
  socket.reply(datagrams, index, () => request.value.answer(reflection, now()))
  return 'answered'
}

function known(value: number): number | null {
  return value === -1 ? null : value
}
