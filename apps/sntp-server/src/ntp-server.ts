import { nanosToLog2 } from '@sockyard/protocol/ntp'
import { createAddressList } from '@sockyard/service/address-list'
import { DatagramRates } from '@sockyard/service/datagram-rates'
import { interfaceChoice } from '@sockyard/service/interface-choice'
import { limitLog } from '@sockyard/service/limited-log'
import { readNtpKeys } from '@sockyard/service/ntp-keys'
import { Gauge } from '@sockyard/service/prometheus'
import type { Service, ServiceContext } from '@sockyard/service/server-command'
import { createSourceRules } from '@sockyard/service/source-rules'

import { Broadcaster } from './broadcaster.ts'
import { createClockStatus } from './clock-status.ts'
import type { ServeOptions } from './config.ts'
import { type Endpoint, hostsOf, openEndpoints } from './endpoints.ts'
import { PacketEncoder } from './packet-encoder.ts'
import { measurePrecision } from './precision.ts'
import { createVerdictCounts } from './verdict-counts.ts'
import { type Rules, verdictOf } from './verdict.ts'

const NANOS_PER_MILLI = 1_000_000n

/** Answers NTP clients (RFC 5905, mode 3) from the system clock, and broadcasts it (mode 5). */
export function createNtpServer(context: ServiceContext<ServeOptions>): Service {
  const { options, inherited, log, metrics, now } = context
  const hosts = hostsOf(options, inherited)
  const counts = createVerdictCounts(metrics)
  const limited = limitLog(log)
  const statusAt = createClockStatus(options, now(), measurePrecision(now))
  const keys = readNtpKeys(options.keys, options.key === undefined ? [] : [options.key], log)
  const signingKey = options.key === undefined ? undefined : keys.get(options.key)
  const encoder = new PacketEncoder(now, keys)
  const poll = nanosToLog2(BigInt(options.interval) * NANOS_PER_MILLI)
  const rules: Rules = {
    refusedSource: createSourceRules({ port: options.port, anyPort: true }),
    addresses: createAddressList(options),
    keys,
    rates: new DatagramRates({
      perSecond: options.rateLimit,
      burst: options.rateBurst,
      maximumSources: options.maxSources,
    }),
    leakOneIn: options.rateLeak,
  }
  const broadcaster = new Broadcaster({
    groups: options.group,
    broadcasts: options.broadcast,
    interfaces: interfaceChoice(options.interface, 'any'),
    intervalMillis: options.interval,
    packet: () => encoder.broadcast(statusAt(now()), poll, signingKey),
    limited,
    metrics,
  })
  let endpoints: Endpoint[] = []
  exportDispersion(context, () => statusAt(now()).rootDispersionNanos)

  return {
    async start() {
      endpoints = await openEndpoints({
        options,
        hosts,
        inherited,
        log,
        limited,
        metrics,
        onDatagram(bytes, source, endpoint) {
          const { address, port, receivedAt } = source
          const result = verdictOf(bytes, source, receivedAt, rules)
          counts[result.verdict] += 1
          if (!('request' in result))
            return limited.debug({ address, port, reason: result.verdict }, 'not answered')
          const reply = (): Uint8Array =>
            encoder.reply(result.request, statusAt(receivedAt), receivedAt, keys)
          endpoint.sendMadeNow(reply, port, address)
        },
      })
      if (options.stratum === undefined)
        log.warn('unsynchronised: clients will not believe this time; say --stratum if they may')
      broadcaster.start(endpoints)
    },
    async stop(drained) {
      await broadcaster.stop()
      await Promise.all(endpoints.map((each) => each.stop(drained)))
    },
  }
}

function exportDispersion({ metrics }: ServiceContext<ServeOptions>, read: () => bigint): void {
  metrics.registerMetric(
    new Gauge({
      name: 'sockyard_sntp_root_dispersion_seconds',
      help: 'How far the clock may be off, as clients are told; at 16 they no longer believe it',
      registers: [],
      collect() {
        this.set(Number(read()) / 1e9)
      },
    }),
  )
}
