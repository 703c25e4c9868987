import { createProcessMetrics } from '../metrics/process-metrics.ts'
import { Counter, Histogram } from '../metrics/prometheus.ts'
import { type AdminOptions, createAdmin } from './admin.ts'

/** What a measuring client has counted so far. */
export interface ClientMeasurement {
  /** What is counted, where it is no requests: the counter's name and help text. */
  counted?: { name: string; help: string }
  /** By outcome: sent, received, lost, duplicated … */
  counts: () => Readonly<Record<string, number>>
  /** Whether the last request was answered, or the connection stands. */
  isReady: () => boolean
}

const REQUESTS = {
  name: 'sockyard_requests_total',
  help: 'Requests of this client, by outcome',
}

/** The open admin endpoint of a client. */
export interface ClientAdmin extends AsyncDisposable {
  /** Counts a round trip. */
  roundTrip(micros: number): void
}

/** 10 µs to 10 s, three to a decade. */
const BUCKET_SECONDS = [-5, -4, -3, -2, -1, 0].flatMap((exponent) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${exponent}`)),
)

/**
 * Opens the admin endpoint of a client that runs until it is stopped.
 *
 * @throws {NetworkError} AddressInUseError when the port is taken
 */
export async function openClientAdmin(
  options: Pick<AdminOptions, 'host' | 'port' | 'origins' | 'events' | 'log'>,
  { counted = REQUESTS, counts, isReady }: ClientMeasurement,
  droppedLogLines: () => number,
): Promise<ClientAdmin> {
  const metrics = createProcessMetrics(droppedLogLines)
  const counter = new Counter({
    ...counted,
    labelNames: ['outcome'],
    registers: [],
    collect() {
      this.reset()
      for (const [outcome, count] of Object.entries(counts())) this.inc({ outcome }, count)
    },
  })
  const roundTrips = new Histogram({
    name: 'sockyard_round_trip_seconds',
    help: 'Round trips of answered requests',
    buckets: BUCKET_SECONDS,
    registers: [],
  })
  metrics.registerMetric(counter)
  if (counted === REQUESTS) metrics.registerMetric(roundTrips)
  // A client's log holds warnings only, but a port that was picked has to be told.
  const log = options.port === 0 ? options.log.child({}, { level: 'info' }) : options.log
  const admin = createAdmin({ ...options, log, metrics, isReady })
  await admin.start()
  return {
    roundTrip: (micros) => roundTrips.observe(micros / 1_000_000),
    [Symbol.asyncDispose]: () => admin.stop(),
  }
}
