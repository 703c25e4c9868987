import type { ReceivedDatagrams } from '@sockyard/posix/received-datagrams'
import { formatDuration } from '@sockyard/probe/format'
import { chooseDatagramEngine } from '@sockyard/service/choose-datagram-engine'
import { NetworkError } from '@sockyard/service/errors'
import type { InterfaceChoice } from '@sockyard/service/group-interfaces'
import type { MulticastGroup } from '@sockyard/service/group-socket'
import { interfaceChoice } from '@sockyard/service/interface-choice'
import { createMembership, type GroupMembership } from '@sockyard/service/membership'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import { Arrivals } from './arrival.ts'
import type { ReceiveOptions } from './config.ts'
import { BatchDatagram, type Datagram, SingleDatagram } from './datagram.ts'
import { FlowTable } from './flow-table.ts'
import { groupsWithSources } from './memberships.ts'
import { createReceiverMetrics } from './metrics.ts'
import { ReceiveReport } from './receive-report.ts'
import { sampleOf } from './sample.ts'

/**
 * Receives the groups asked for and no others, and measures each sender.
 *
 * @throws {UsageError} when an interface does not exist, or groups and sources do not fit
 */
export function createReceiver(context: ServiceContext<ReceiveOptions>): Service {
  const { options, log, fail } = context
  const { port, quiet } = options
  const groups = groupsWithSources(options.group, options.source)
  const interfaces = interfaceChoice(options.interface, 'any')
  const engine = chooseDatagramEngine(options.engine)
  const flows = new FlowTable(options.maxSenders)
  const arrivals = new Arrivals(flows)
  const finished = Promise.withResolvers<void>()
  let received = 0
  let isOver = false
  let failure: NetworkError | undefined
  let timer: NodeJS.Timeout | undefined

  const receive = (datagram: Datagram): void => {
    if (isOver) return
    arrivals.observe(datagram)
    if (arrivals.isReceived) received += 1
    if (arrivals.isReceived && arrivals.delayMicros !== undefined)
      metrics.delayed(datagram.group, arrivals.delayMicros)
    if (report.admits()) report.sample(sampleOf(datagram, arrivals, port))
    if (received === options.count) finish()
  }
  const receiveAll = (all: ReceivedDatagrams, place: GroupMembership): void => {
    const datagram = new BatchDatagram(all, place)
    for (; datagram.index < all.count; datagram.index += 1) receive(datagram)
  }
  const finish = (): void => {
    isOver = true
    finished.resolve()
  }
  const deadlinePassed = (): void => {
    if (options.count === undefined) return finish()
    isOver = true
    failure = tooFew(received, options.count, options.deadline ?? 0)
    fail(failure)
  }

  const membership = createMembership({
    groups,
    port,
    interfaces,
    log,
    metrics: context.metrics,
    onDatagram: (bytes, from) => receive(new SingleDatagram(bytes, from)),
    onBatch: engine === 'batch' ? receiveAll : undefined,
    onLost: (_, reason) => metrics.membershipLost(reason),
  })
  const metrics = createReceiverMetrics(context.metrics, {
    senders: () => flows.size,
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
      report.start({ memberships: asked(groups, port, interfaces), engine, joined })
      if (options.deadline !== undefined && !isOver)
        timer = setTimeout(deadlinePassed, options.deadline)
    },
    async stop() {
      clearTimeout(timer)
      await membership.stop()
      await report.end(failure)
    },
  }
}

function tooFew(received: number, count: number, deadlineMillis: number): NetworkError {
  const message = `received ${received} of ${count} datagrams in ${formatDuration(deadlineMillis)}`
  return new NetworkError(message, { errorClass: 'TIMEOUT' })
}

function asked(groups: readonly MulticastGroup[], port: number, choice: InterfaceChoice) {
  const names = choice === 'any' ? [null] : choice === 'all' ? ['all'] : choice
  return groups.flatMap(({ address: group, sources = [null] }) =>
    sources.flatMap((source) => names.map((name) => ({ group, port, interface: name, source }))),
  )
}
