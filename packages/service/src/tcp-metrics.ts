import { Counter, Gauge, type Registry } from './prometheus.ts'
import type { TcpConnection } from './tcp-connection.ts'
import { TCP_METRICS } from './tcp-metric-names.ts'

export interface TcpMetrics {
  accepted(): void
  refused(reason: string): void
  expired(reason: string): void
  failed(code: string): void
  /** Keeps the bytes of a connection that is over. */
  ended(connection: TcpConnection): void
}

/** The servers that share a registry are exported as one sum. */
interface Sum {
  pools: ReadonlySet<TcpConnection>[]
  /** Bytes of connections that are over. */
  past: { received: number; sent: number }
  accepted: Counter
  refused: Counter<'reason'>
  expired: Counter<'reason'>
  errors: Counter<'code'>
}

const sumOf = new WeakMap<Registry, Sum>()

/**
 * Counts bytes without a price per chunk: Node counts them on each socket anyway, and they are summed when
 * somebody scrapes.
 */
export function createTcpMetrics(
  registry: Registry,
  connections: ReadonlySet<TcpConnection>,
): TcpMetrics {
  const sum = sumOf.get(registry) ?? register(registry)
  sum.pools.push(connections)
  return {
    accepted: () => sum.accepted.inc(),
    refused: (reason) => sum.refused.inc({ reason }),
    expired: (reason) => sum.expired.inc({ reason }),
    failed: (code) => sum.errors.inc({ code }),
    ended: ({ socket }) => {
      sum.past.received += socket.bytesRead
      sum.past.sent += socket.bytesWritten
    },
  }
}

function register(registry: Registry): Sum {
  const labelled = <Label extends string>(
    metric: { name: string; help: string },
    ...labelNames: Label[]
  ): Counter<Label> => new Counter({ ...metric, labelNames, registers: [registry] })
  const sum: Sum = {
    pools: [],
    past: { received: 0, sent: 0 },
    accepted: labelled(TCP_METRICS.accepted),
    refused: labelled(TCP_METRICS.refused, 'reason'),
    expired: labelled(TCP_METRICS.expired, 'reason'),
    errors: labelled(TCP_METRICS.errors, 'code'),
  }
  sumOf.set(registry, sum)
  registry.registerMetric(connectionsGauge(sum))
  registry.registerMetric(bytesCounter(sum))
  return sum
}

function connectionsGauge(sum: Sum): Gauge {
  return new Gauge({
    ...TCP_METRICS.connections,
    registers: [],
    collect() {
      this.set(sum.pools.reduce((open, pool) => open + pool.size, 0))
    },
  })
}

function bytesCounter(sum: Sum): Counter<'direction'> {
  return new Counter({
    ...TCP_METRICS.bytes,
    labelNames: ['direction'],
    registers: [],
    collect() {
      const total = { ...sum.past }
      for (const { socket } of sum.pools.flatMap((pool) => [...pool])) {
        total.received += socket.bytesRead
        total.sent += socket.bytesWritten
      }
      this.reset()
      this.inc({ direction: 'received' }, total.received)
      this.inc({ direction: 'sent' }, total.sent)
    },
  })
}
