import { AccessList, RateLimiter, SourceFilter } from '@sockyard/net/access'
import { interfaceChoice, sourceAddress } from '@sockyard/net/address'
import { type LimitedLog, limitLog } from '@sockyard/net/log'
import {
  type Datagrams,
  receiveTime,
  SharedCounters,
  type UdpServer,
  type UdpSocket,
} from '@sockyard/net/udp'
import { readNtpKeys } from '@sockyard/probe/ntp-keys'
import { nanosToLog2 } from '@sockyard/protocol/ntp'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportCounts, Gauge, type Registry } from '@sockyard/service/metrics'

import { Broadcaster } from './broadcaster.ts'
import { type ClockStatus, createClockStatus } from './clock-status.ts'
import type { ServeOptions } from './config.ts'
import { PacketEncoder } from './packet-encoder.ts'
import { measurePrecision } from './precision.ts'
import { hostsOf, openTimeServers } from './time-servers.ts'
import { type Rules, VERDICTS, verdictOf } from './verdict.ts'

const NANOS_PER_MILLI = 1_000_000n
/** ntpd 4.2.8 ends by an assertion when the poll field of a broadcast is less (NTP_MINPOLL, 8 s). */
const LEAST_POLL = 3

/** Answers NTP clients (RFC 5905, mode 3) from the system clock, and broadcasts it (mode 5). */
export class NtpServer implements Service {
  readonly #context: ServiceContext<ServeOptions>
  readonly #hosts: ReturnType<typeof hostsOf>
  readonly #limited: LimitedLog
  readonly #statusAt: (at: bigint) => ClockStatus
  readonly #rules: Rules
  readonly #encoder: PacketEncoder
  readonly #broadcaster: Broadcaster
  readonly #counts = new SharedCounters(VERDICTS)
  #servers: UdpServer[] = []

  /** @throws {UsageError} when the keys cannot be read, or an interface does not exist */
  constructor(context: ServiceContext<ServeOptions>) {
    const { options, activation, log, now } = context
    this.#context = context
    this.#hosts = hostsOf(options, activation)
    this.#limited = limitLog(log)
    this.#statusAt = clockStatus(options, now)
    const keys = readNtpKeys(options.keys, options.key === undefined ? [] : [options.key], log)
    this.#rules = rulesOf(options, keys)
    this.#encoder = new PacketEncoder(now, keys)
    this.#broadcaster = this.#createBroadcaster(keys)
    this.#export()
  }

  async start(): Promise<void> {
    const { options, log } = this.#context
    this.#servers = await openTimeServers(this.#context, this.#hosts, (datagrams, socket) => {
      for (let index = 0; index < datagrams.count; index += 1)
        this.#answer(datagrams, index, socket)
    })
    if (options.stratum === undefined)
      log.warn('unsynchronised: clients will reject this time; set --stratum to vouch for it')
    this.#broadcaster.start(this.#servers)
  }

  async stop(drained: AbortSignal): Promise<void> {
    await this.#broadcaster.stop()
    await Promise.all(this.#servers.map((each) => each.stop(drained)))
  }

  #answer(datagrams: Datagrams, index: number, socket: UdpSocket): void {
    const receivedAt = receiveTime(datagrams, index, this.#context.now())
    const result = verdictOf(datagrams, index, receivedAt, this.#rules)
    this.#counts.count(result.verdict)
    if ('request' in result) {
      const { request } = result
      const status = this.#statusAt(receivedAt)
      socket.reply(datagrams, index, () =>
        this.#encoder.reply(request, status, receivedAt, this.#rules.keys),
      )
    } else {
      const from = { address: sourceAddress(datagrams, index), port: datagrams.sourcePort(index) }
      this.#limited.debug({ ...from, reason: result.verdict }, 'not answered')
    }
  }

  #createBroadcaster(keys: Rules['keys']): Broadcaster {
    const { options, metrics, now } = this.#context
    const poll = Math.max(LEAST_POLL, nanosToLog2(BigInt(options.interval) * NANOS_PER_MILLI))
    const signingKey = options.key === undefined ? undefined : keys.get(options.key)
    return new Broadcaster({
      groups: options.group,
      broadcasts: options.broadcast,
      interfaces: interfaceChoice(options.interface, 'any'),
      intervalMillis: options.interval,
      ttl: options.ttl,
      packet: () => this.#encoder.broadcast(this.#statusAt(now()), poll, signingKey),
      limited: this.#limited,
      metrics,
    })
  }

  #export(): void {
    const { metrics, now } = this.#context
    exportCounts(metrics, {
      name: 'sockyard_sntp_verdicts_total',
      help: 'Datagrams received, by verdict',
      label: 'verdict',
      read: () => this.#counts.entries(),
    })
    exportDispersion(metrics, () => this.#statusAt(now()).rootDispersionNanos)
  }
}

/** The status at a moment of the wall clock, measured from now on by the monotonic clock. */
function clockStatus(options: ServeOptions, now: () => bigint): (at: bigint) => ClockStatus {
  const startedMillis = performance.now()
  const statusAt = createClockStatus(options, measurePrecision(now))
  return (at) => {
    const elapsedMillis = performance.now() - startedMillis
    return statusAt(at, BigInt(Math.round(elapsedMillis)) * NANOS_PER_MILLI)
  }
}

function rulesOf(options: ServeOptions, keys: Rules['keys']): Rules {
  return {
    // NTP clients may use any port, 123 too; mode 3 only is answered.
    filter: new SourceFilter({ anyPort: true }),
    access: new AccessList(options),
    limiter: new RateLimiter({
      perSecond: options.rateLimit,
      burst: options.rateBurst,
      leakOneIn: options.rateLeak,
      totalPerSecond: options.rateTotal,
      maximumSources: options.maxSources,
    }),
    keys,
  }
}

function exportDispersion(metrics: Registry, read: () => bigint): void {
  metrics.registerMetric(
    new Gauge({
      name: 'sockyard_sntp_root_dispersion_seconds',
      help: 'Root distance as clients compute it; from 16 s on they reject the server',
      registers: [],
      collect() {
        this.set(Number(read()) / 1e9)
      },
    }),
  )
}
