import { formatDuration } from '@sockyard/probe/format'
import { NetworkError } from '@sockyard/service/errors'
import type { InterfaceChoice } from '@sockyard/service/group-interfaces'
import type { MulticastGroup } from '@sockyard/service/group-socket'
import { interfaceChoice } from '@sockyard/service/interface-choice'
import { createMembership, type GroupDatagramSource } from '@sockyard/service/membership'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import { isReceived, observe } from './arrival.ts'
import type { ReceiveOptions } from './config.ts'
import { FlowTable } from './flow-table.ts'
import { groupsWithSources } from './memberships.ts'
import { createReceiverMetrics } from './metrics.ts'
import { createReceiveReport } from './receive-report.ts'

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
  const flows = new FlowTable(options.maxSenders)
  const finished = Promise.withResolvers<void>()
  let received = 0
  let isOver = false
  let failure: NetworkError | undefined
  let timer: NodeJS.Timeout | undefined

  const receive = (bytes: Buffer, from: GroupDatagramSource): void => {
    if (isOver) return
    const arrival = observe(bytes, from, flows)
    if (isReceived(arrival)) received += 1
    if (isReceived(arrival) && arrival.delayMicros !== undefined)
      metrics.delayed(from.group, arrival.delayMicros)
    report.arrived(arrival)
    if (received === options.count) finish()
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
    onDatagram: receive,
    onLost: (_, reason) => metrics.membershipLost(reason),
  })
  const metrics = createReceiverMetrics(context.metrics, {
    senders: () => flows.size,
    memberships: () => membership.joined.length,
  })
  const report = createReceiveReport({ port, quiet, flows, log, onInterval: metrics.counted })

  return {
    finished: finished.promise,
    async start() {
      report.start({ memberships: startData(groups, port, interfaces) })
      await membership.start()
      if (options.deadline !== undefined && !isOver)
        timer = setTimeout(deadlinePassed, options.deadline)
    },
    async stop() {
      clearTimeout(timer)
      await membership.stop()
      report.end(failure)
    },
  }
}

function tooFew(received: number, count: number, deadlineMillis: number): NetworkError {
  const message = `received ${received} of ${count} datagrams in ${formatDuration(deadlineMillis)}`
  return new NetworkError(message, { errorClass: 'TIMEOUT' })
}

function startData(groups: readonly MulticastGroup[], port: number, choice: InterfaceChoice) {
  const names = choice === 'any' ? [null] : choice === 'all' ? ['all'] : choice
  return groups.flatMap(({ address: group, sources = [null] }) =>
    sources.flatMap((source) => names.map((name) => ({ group, port, interface: name, source }))),
  )
}
