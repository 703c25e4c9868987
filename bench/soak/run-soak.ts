import { setTimeout as sleep } from 'node:timers/promises'

import { seededRandom } from '@sockyard/testkit/network'

import { metricValue, type Sample, Watch } from './sample.ts'
import { type ServiceRecord, WARM_UP_SECONDS } from './summary.ts'
import { Tally } from './tally.ts'
import { chatRoom } from './traffic/chat-room.ts'
import { eventReaders, reloads, stops } from './traffic/faults.ts'
import { measuringClients } from './traffic/measuring-clients.ts'
import { tcpChurn } from './traffic/tcp-churn.ts'
import { pause, type Traffic, type TrafficContext } from './traffic/traffic.ts'
import { udpGarbage } from './traffic/udp-garbage.ts'
import { startYard, type Yard } from './yard.ts'

const SAMPLE_SECONDS = 60
/** Of a short soak at least so many samples. */
const SAMPLES = 20
/** What a service opened for a connection it closes within this time after the last client has left. */
const SETTLE_MILLIS = 60_000

export interface SoakOptions {
  minutes: number
  seed: number
  /** Ends the traffic early; what was measured until then is reported. */
  signal: AbortSignal
  onSample: (seconds: number, watches: readonly Watch[]) => void
}

export interface SoakRun {
  records: ServiceRecord[]
  traffic: Map<string, Tally>
  slopeFrom: number
  minutes: number
}

/**
 * Starts the yard, sends it mixed traffic with faults for so long, and stops it.
 *
 * @throws {Error} when a service does not start
 */
export async function runSoak(options: SoakOptions): Promise<SoakRun> {
  await using yard = await startYard()
  const watches = await Promise.all(yard.services.map((service) => Watch.open(service)))
  // What a process does at its first look, and when it has just started, is no change of its traffic's.
  for (const watch of watches) await watch.look(0)
  await sleep(1000)
  const before = await Promise.all(watches.map((watch) => watch.look(0)))
  for (const { samples } of watches) samples.length = 0

  const tallies = new Map<string, Tally>()
  const began = performance.now()
  const secondsSince = (): number => (performance.now() - began) / 1000
  const ended = AbortSignal.any([options.signal, AbortSignal.timeout(options.minutes * 60_000)])
  const context: TrafficContext = {
    targets: yard.targets,
    signal: ended,
    random: seededRandom(options.seed),
    tally: (name) => tallyOf(tallies, name),
  }
  await Promise.all([
    ...trafficOf(yard).map((traffic) => traffic(context)),
    sampleUntil(ended, options, watches, secondsSince, context.tally('services')),
  ])
  const trafficSeconds = secondsSince()
  await multicastCounts(watches, context.tally('multicast'))
  const after = await settle(watches, before, secondsSince)
  for (const watch of watches) watch.close()
  const records = await Promise.all(
    watches.map((watch, index) => recordOf(watch, before[index], after[index])),
  )
  return {
    records,
    traffic: tallies,
    slopeFrom: WARM_UP_SECONDS,
    minutes: Math.round(trafficSeconds / 6) / 10,
  }
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const known = tallies.get(name)
  if (known !== undefined) return known
  const made = new Tally()
  tallies.set(name, made)
  return made
}

function trafficOf({ services }: Yard): Traffic[] {
  const inetd = services.filter(({ app }) => app === 'inetd')
  return [
    measuringClients,
    tcpChurn,
    udpGarbage,
    chatRoom,
    stops(services),
    reloads(inetd),
    eventReaders(services),
  ]
}

async function sampleUntil(
  signal: AbortSignal,
  { minutes, onSample }: SoakOptions,
  watches: readonly Watch[],
  secondsSince: () => number,
  tally: Tally,
): Promise<void> {
  const every = Math.min(SAMPLE_SECONDS, Math.max(1, (minutes * 60) / SAMPLES))
  while (!signal.aborted) {
    await pause(every * 1000, signal)
    if (signal.aborted) return
    const seconds = secondsSince()
    for (const watch of watches)
      await watch
        .look(seconds)
        .catch((error: unknown) => tally.fail(`${watch.service.app}: ${String(error)}`))
    onSample(seconds, watches)
  }
}

/** The receiver's count of the sender's numbers is in its metrics: there is no end before it is stopped. */
async function multicastCounts(watches: readonly Watch[], tally: Tally): Promise<void> {
  const receiver = watches.find(({ service }) => service.app === 'multicast-receiver')
  if (receiver === undefined) return
  const metrics = await receiver.metrics()
  const count = (name: string): number =>
    metricValue(metrics, `sockyard_multicast_${name}_total`) || 0
  const [received, lost] = [count('received'), count('lost')]
  tally.add({
    sent: received + lost,
    received,
    lost,
    duplicated: count('duplicated'),
    reordered: count('reordered'),
  })
}

/** The last look at each: as soon as the descriptors are back, or after a minute. */
async function settle(
  watches: readonly Watch[],
  before: readonly { descriptors: number }[],
  secondsSince: () => number,
): Promise<ServiceRecord['after'][]> {
  const deadline = performance.now() + SETTLE_MILLIS
  for (;;) {
    await sleep(2000)
    const kept = watches.map(({ samples }) => samples.length)
    const after = await Promise.all(watches.map((watch) => watch.look(secondsSince())))
    for (const [index, { samples }] of watches.entries()) samples.length = kept[index] ?? 0
    const areBack = after.every(
      ({ descriptors }, index) => descriptors <= (before[index]?.descriptors ?? 0),
    )
    if (areBack || performance.now() > deadline) return after
  }
}

/** Stops the service, and gathers all that is known of it. */
async function recordOf(
  { service, samples }: Watch,
  before: Sample | undefined,
  after: Sample | undefined,
): Promise<ServiceRecord> {
  if (before === undefined || after === undefined) throw new Error(`${service.app}: no sample`)
  const began = performance.now()
  service.kill('SIGTERM')
  const exit = await service.exited
  const stopMillis = performance.now() - began
  const { app, levels, complaints, errorOutput } = service
  return {
    app,
    before,
    samples,
    after,
    exit,
    stopMillis,
    levels: Object.fromEntries(levels),
    complaints,
    errorOutput,
  }
}
