import { type InterfaceChoice, interfaceChoice } from '@sockyard/net/address'
import { chooseEngine } from '@sockyard/net/engine'
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
import { createReceiverMetrics } from './metrics.ts'
import { ReceiveReport, sampleOf } from './report.ts'
import { SilenceMonitor } from './silence.ts'

/** How soon silence is noticed. */
const MOST_POLL_MILLIS = 500

/**
 * Receives the groups asked for and no others, and measures each sender.
 *
 * @throws {UsageError} when an interface does not exist, or groups and sources do not fit
 */
export function createReceiver(context: ServiceContext<ReceiveOptions>): Service {
  const { options, log, fail } = context
  const { port, quiet } = options
  const groups = groupsWithSources(options)
  const interfaces = interfaceChoice(options.interface, 'any')
  const { engine, why } = chooseEngine(options.engine)
  const silence = new SilenceMonitor({
    groups: groups.map(({ address }) => address),
    port,
    silentAfterMillis: options.silentAfter,
    log: limitLog(log),
  })
  const flows = new FlowTable(options.maxSenders, silence.heardAgain)
  const observer = new FlowObserver(flows)
  const finished = Promise.withResolvers<void>()
  let received = 0
  let isOver = false
  let failure: NetworkError | undefined
  let timer: NodeJS.Timeout | undefined
  let silenceTimer: NodeJS.Timeout | undefined

  const receive = (datagram: Datagram): void => {
    if (isOver) return
    observer.observe(datagram)
    if (observer.isReceived) received += 1
    if (observer.isReceived && observer.delayMicros !== undefined)
      metrics.delayed(datagram.group, observer.delayMicros)
    if (report.admits()) report.sample(sampleOf(datagram, observer, port))
    if (received === options.count) finish()
  }
  const receiveAll = (all: ReceivedDatagrams, at: GroupMembership): void => {
    flows.nowMillis = performance.now()
    silence.heard(at.group, flows.nowMillis)
    const datagram = new Datagram(all, at)
    for (; datagram.index < all.count; datagram.index += 1) receive(datagram)
  }
  const finish = (): void => {
    isOver = true
    finished.resolve()
  }
  const deadlinePassed = (): void => {
    failure = tooFew(received, options)
    if (failure === undefined) return finish()
    isOver = true
    fail(failure)
  }

  const membership = new MulticastMembership({
    groups,
    port,
    interfaces,
    engine,
    log,
    onBatch: receiveAll,
    onLost: (_, reason) => metrics.membershipLost(reason),
  })
  exportUdpServer(context.metrics, membership)
  const metrics = createReceiverMetrics(context.metrics, {
    flows,
    memberships: () => membership.joined.length,
  })
  const report = new ReceiveReport({
    port,
    quiet,
    flows,
    log,
    kernelDrops: () => membership.kernelDrops(),
    onInterval: metrics.counted,
  })

  return {
    finished: finished.promise,
    async start() {
      await membership.start()
      const joined = await membership.facts()
      report.start({ memberships: asked(groups, port, interfaces), engine, joined }, why)
      silence.start(performance.now())
      silenceTimer = setInterval(
        () => silence.poll(flows, performance.now()),
        Math.min(MOST_POLL_MILLIS, options.silentAfter),
      )
      if (options.deadline !== undefined && !isOver)
        timer = setTimeout(deadlinePassed, options.deadline)
    },
    async stop() {
      clearTimeout(timer)
      clearInterval(silenceTimer)
      await membership.stop()
      const unmet = failure === undefined && !isOver ? countUnmet(received, options) : undefined
      await report.end(failure ?? unmet)
      if (unmet !== undefined) throw unmet
    },
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
