import { type InterfaceChoice, interfaceChoice } from '@sockyard/net/address'
import { chooseEngine, type EngineChoice } from '@sockyard/net/engine'
import { NetworkError } from '@sockyard/net/errors'
import { limitLog } from '@sockyard/net/log'
import {
  type GroupMembership,
  type MulticastGroup,
  MulticastMembership,
} from '@sockyard/net/multicast'
import type { ReceivedDatagrams } from '@sockyard/posix/datagram'
import { formatDuration } from '@sockyard/probe/report'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'
import { exportUdpServer } from '@sockyard/service/metrics'

import { groupsWithSources, type ReceiveOptions } from '../config.ts'
import { Datagram } from './datagram.ts'
import { FlowObserver } from './flow-observer.ts'
import { FlowTable } from './flow-table.ts'
import { createReceiverMetrics, type ReceiverMetrics } from './metrics.ts'
import { ReceiveReport, sampleOf } from './report.ts'
import { SilenceMonitor } from './silence.ts'

/** How soon silence is noticed. */
const MOST_POLL_MILLIS = 500

/** Receives the groups asked for and no others, and measures each sender. */
export class Receiver implements Service {
  readonly #context: ServiceContext<ReceiveOptions>
  readonly #groups: MulticastGroup[]
  readonly #interfaces: InterfaceChoice
  readonly #engine: EngineChoice
  readonly #silence: SilenceMonitor
  readonly #flows: FlowTable
  readonly #observer: FlowObserver
  readonly #membership: MulticastMembership
  readonly #metrics: ReceiverMetrics
  readonly #report: ReceiveReport
  readonly #finished = Promise.withResolvers<void>()
  #received = 0
  #isOver = false
  #failure: NetworkError | undefined
  #timer: NodeJS.Timeout | undefined
  #silenceTimer: NodeJS.Timeout | undefined

  /** @throws {UsageError} when an interface does not exist, or groups and sources do not fit */
  constructor(context: ServiceContext<ReceiveOptions>) {
    const { options, log, metrics } = context
    this.#context = context
    this.#groups = groupsWithSources(options)
    this.#interfaces = interfaceChoice(options.interface, 'any')
    this.#engine = chooseEngine(options.engine)
    this.#silence = new SilenceMonitor({
      groups: this.#groups.map(({ address }) => address),
      port: options.port,
      silentAfterMillis: options.silentAfter,
      log: limitLog(log),
    })
    this.#flows = new FlowTable(options.maxSenders, this.#silence.heardAgain)
    this.#observer = new FlowObserver(this.#flows)
    this.#membership = this.#createMembership()
    exportUdpServer(metrics, this.#membership)
    this.#metrics = createReceiverMetrics(metrics, {
      flows: this.#flows,
      memberships: () => this.#membership.joined.length,
    })
    this.#report = this.#createReport()
  }

  /** With `--count`, or a deadline that is met. */
  get finished(): Promise<void> {
    return this.#finished.promise
  }

  /** @throws {NetworkError} when a group cannot be joined, or the port is taken */
  async start(): Promise<void> {
    const { silentAfter, deadline, port } = this.#context.options
    const { engine, why } = this.#engine
    await this.#membership.start()
    const joined = await this.#membership.facts()
    const memberships = asked(this.#groups, port, this.#interfaces)
    this.#report.start({ memberships, engine, joined }, why)
    this.#silence.start(performance.now())
    this.#silenceTimer = setInterval(
      () => this.#silence.poll(this.#flows, performance.now()),
      Math.min(MOST_POLL_MILLIS, silentAfter),
    )
    if (deadline !== undefined && !this.#isOver)
      this.#timer = setTimeout(() => this.#deadlinePassed(), deadline)
  }

  /** @throws {NetworkError} when it is stopped before `--count` was reached */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    clearInterval(this.#silenceTimer)
    await this.#membership.stop()
    const isCut = this.#failure === undefined && !this.#isOver
    const unmet = isCut ? countUnmet(this.#received, this.#context.options) : undefined
    await this.#report.end(this.#failure ?? unmet)
    if (unmet !== undefined) throw unmet
  }

  #createMembership(): MulticastMembership {
    const { options, log } = this.#context
    return new MulticastMembership({
      groups: this.#groups,
      port: options.port,
      interfaces: this.#interfaces,
      engine: this.#engine.engine,
      log,
      onBatch: (all, at) => this.#receiveAll(all, at),
      onLost: (_, reason) => this.#metrics.membershipLost(reason),
    })
  }

  #createReport(): ReceiveReport {
    const { options, log } = this.#context
    return new ReceiveReport({
      port: options.port,
      quiet: options.quiet,
      flows: this.#flows,
      log,
      kernelDrops: () => this.#membership.kernelDrops(),
      onInterval: this.#metrics.counted,
    })
  }

  #receiveAll(all: ReceivedDatagrams, at: GroupMembership): void {
    this.#flows.nowMillis = performance.now()
    this.#silence.heard(at.group, this.#flows.nowMillis)
    const datagram = new Datagram(all, at)
    for (; datagram.index < all.count; datagram.index += 1) this.#receive(datagram)
  }

  #receive(datagram: Datagram): void {
    if (this.#isOver) return
    const observer = this.#observer
    observer.observe(datagram)
    if (observer.isReceived) this.#received += 1
    if (observer.isReceived && observer.delayMicros !== undefined)
      this.#metrics.delayed(datagram.group, observer.delayMicros)
    const { port, count } = this.#context.options
    if (this.#report.admits()) this.#report.sample(sampleOf(datagram, observer, port))
    if (this.#received === count) this.#finish()
  }

  #deadlinePassed(): void {
    this.#failure = tooFew(this.#received, this.#context.options)
    if (this.#failure === undefined) return this.#finish()
    this.#isOver = true
    this.#context.fail(this.#failure)
  }

  #finish(): void {
    this.#isOver = true
    this.#finished.resolve()
  }
}

/** What the deadline makes of a run: it was to receive `--count` datagrams, or at least one. */
function tooFew(received: number, options: ReceiveOptions): NetworkError | undefined {
  const { count, deadline = 0 } = options
  if (count === undefined && received > 0) return undefined
  const many = count === undefined ? 'no datagram' : `${received} of ${count} datagrams`
  const message = `received ${many} in ${formatDuration(deadline)}`
  return new NetworkError(message, { errorClass: 'TIMEOUT' })
}

/** Stopped by a signal before `--count` was reached. */
function countUnmet(received: number, { count }: ReceiveOptions): NetworkError | undefined {
  if (count === undefined || received >= count) return undefined
  const message = `received ${received} of ${count} datagrams before it was stopped`
  return new NetworkError(message, { errorClass: 'OTHER' })
}

function asked(groups: readonly MulticastGroup[], port: number, choice: InterfaceChoice) {
  const names = choice === 'any' ? [null] : choice === 'all' ? ['all'] : choice
  return groups.flatMap(({ address: group, sources = [null] }) =>
    sources.flatMap((source) => names.map((name) => ({ group, port, interface: name, source }))),
  )
}
