import { Gauge, type Registry } from '@sockyard/service/prometheus'

import type { Source } from './source.ts'

/** As many as Prometheus should be shown, however many there are. */
const SOURCES_SHOWN = 100

/** Exports what is known of the sources, those first that were heard more than once. */
export function exportSources(metrics: Registry, sources: () => Iterable<Source>): void {
  const gauge = (
    name: string,
    help: string,
    read: (source: Source) => number | undefined,
  ): void => {
    metrics.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['source'],
        registers: [],
        collect() {
          this.reset()
          for (const source of Iterator.from(sources()).take(SOURCES_SHOWN)) {
            const value = read(source)
            if (value !== undefined) this.set({ source: source.address }, value)
          }
        },
      }),
    )
  }
  gauge('sockyard_sntp_offset_seconds', "The source's clock minus ours", (source) =>
    seconds(source.measurement?.offsetNanos),
  )
  gauge('sockyard_sntp_uncertainty_seconds', 'The offset is right to within this', (source) =>
    seconds(source.measurement?.uncertaintyNanos),
  )
  gauge(
    'sockyard_sntp_stratum',
    'What the source says of itself',
    (source) => source.last.packet.stratum,
  )
  gauge('sockyard_sntp_last_heard_timestamp_seconds', 'When, since 1970', (source) =>
    seconds(source.last.receivedAt),
  )
  gauge('sockyard_sntp_silent', '1 for a source that went silent', (source) =>
    source.state === 'silent' ? 1 : 0,
  )
}

function seconds(nanos: bigint | undefined): number | undefined {
  return nanos === undefined ? undefined : Number(nanos) / 1e9
}
