import { AccessList, RateLimiter, SourceFilter } from '@sockyard/net/access'
import { interfaceChoice, sourceAddress } from '@sockyard/net/address'
import { limitLog } from '@sockyard/net/log'
import { type OnDatagrams, receiveTime, SharedCounters, type UdpServer } from '@sockyard/net/udp'
import { readNtpKeys } from '@sockyard/probe/ntp-keys'
import { nanosToLog2 } from '@sockyard/protocol/ntp'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportCounts, Gauge } from '@sockyard/service/metrics'

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
export function createNtpServer(context: ServiceContext<ServeOptions>): Service {
  const { options, activation, log, metrics, now } = context
  const hosts = hostsOf(options, activation)
  const limited = limitLog(log)
  const statusAt = clockStatus(options, now)
  const keys = readNtpKeys(options.keys, options.key === undefined ? [] : [options.key], log)
  const signingKey = options.key === undefined ? undefined : keys.get(options.key)
  const encoder = new PacketEncoder(now, keys)
  const poll = Math.max(LEAST_POLL, nanosToLog2(BigInt(options.interval) * NANOS_PER_MILLI))
  const counts = new SharedCounters(VERDICTS)
  exportCounts(metrics, {
    name: 'sockyard_sntp_verdicts_total',
    help: 'Datagrams received, by verdict',
    label: 'verdict',
    read: () => counts.entries(),
  })
  const broadcaster = new Broadcaster({
    groups: options.group,
    broadcasts: options.broadcast,
    interfaces: interfaceChoice(options.interface, 'any'),
    intervalMillis: options.interval,
    ttl: options.ttl,
    packet: () => encoder.broadcast(statusAt(now()), poll, signingKey),
    limited,
    metrics,
  })
  const rules = rulesOf(options, keys)
  let servers: UdpServer[] = []
  exportDispersion(context, () => statusAt(now()).rootDispersionNanos)

  const onDatagrams: OnDatagrams = (datagrams, socket) => {
    for (let index = 0; index < datagrams.count; index += 1) {
      const receivedAt = receiveTime(datagrams, index, now())
      const result = verdictOf(datagrams, index, receivedAt, rules)
      counts.count(result.verdict)
      if ('request' in result) {
        const { request } = result
        const status = statusAt(receivedAt)
        socket.reply(datagrams, index, () => encoder.reply(request, status, receivedAt, keys))
      } else {
        const from = { address: sourceAddress(datagrams, index), port: datagrams.sourcePort(index) }
        limited.debug({ ...from, reason: result.verdict }, 'not answered')
      }
    }
  }

  return {
    async start() {
      servers = await openTimeServers(context, hosts, onDatagrams)
      if (options.stratum === undefined)
        log.warn('unsynchronised: clients will reject this time; set --stratum to vouch for it')
      broadcaster.start(servers)
    },
    async stop(drained) {
      await broadcaster.stop()
      await Promise.all(servers.map((each) => each.stop(drained)))
    },
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

function exportDispersion({ metrics }: ServiceContext<ServeOptions>, read: () => bigint): void {
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
