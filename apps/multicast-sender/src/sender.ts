import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import { pace } from '@sockyard/probe/pacer'
import { openPreciseClock } from '@sockyard/probe/precise-clock'
import { MULTICAST_HEADER_BYTES } from '@sockyard/protocol/multicast'
import { chooseDatagramEngine, type DatagramEngine } from '@sockyard/service/choose-datagram-engine'
import { NetworkError, networkError } from '@sockyard/service/errors'
import { limitLog } from '@sockyard/service/limited-log'
import type { Service, ServiceContext } from '@sockyard/service/server-command'

import { BatchGroupSender } from './batch-group-sender.ts'
import { intervalMillis, MAXIMUM_DATAGRAM_BYTES, type SendOptions, sizeBytes } from './config.ts'
import { createDgramGroupSender } from './dgram-group-sender.ts'
import type { GroupSender } from './group-sender.ts'
import { sendLines } from './line-sender.ts'
import { multicastOptions } from './multicast-options.ts'
import { outgoingInterface } from './outgoing-interface.ts'
import { paceClock } from './pace-clock.ts'
import { createSendReport, type SendReport } from './send-report.ts'
import { sharesHardwareAddress } from './shared-hardware-address.ts'

const LOOK_EVERY_MILLIS = 5
/** What is later than this is not sent any more. */
const MAXIMUM_LATE_MILLIS = 50

/**
 * Sends to every group at once: at a pace, or each line of standard input. What the network refuses is counted
 * and told, and the next one tried.
 *
 * @throws {UsageError} when the outgoing interface does not exist, or does not fit a group
 */
export function createSender(context: ServiceContext<SendOptions>): Service {
  const { options, log } = context
  const report = createSendReport({ port: options.port, quiet: options.quiet, log })
  const sender = randomInt(2 ** 32)
  const groups = [...new Set(options.group)]
  // Lines are to wait for room, which node:dgram does for them.
  const engine = chooseDatagramEngine(options.stdin ? 'dgram' : options.engine)
  const finished = Promise.withResolvers<void>()
  const stopping = new AbortController()
  let lastRefusal: NetworkError | undefined
  let failure: NetworkError | undefined
  let running = Promise.resolve()

  const drop = (group: string, count: number, error?: Error): void => {
    report.dropped(count)
    lastRefusal =
      error === undefined
        ? queueFull(group, options.port)
        : networkError(error, group, options.port)
  }
  const senders = groups.map((group) => createOne(context, { group, sender, engine, report, drop }))

  const run = async (): Promise<void> => {
    await (options.stdin ? sendInput(context, senders, stopping.signal) : sendPaced())
    while (senders.some(isWaiting) && !stopping.signal.aborted) await delay(LOOK_EVERY_MILLIS)
    if (stopping.signal.aborted) return
    failure = lastRefusal
    if (failure === undefined) finished.resolve()
    else context.fail(failure)
  }
  const sendPaced = async (): Promise<void> => {
    const payload = new Uint8Array(sizeBytes(options) - MULTICAST_HEADER_BYTES)
    using clock = openPreciseClock()
    const { skipped } = await pace(
      { ...pacing(options), signal: stopping.signal, clock: paceClock(clock) },
      () => {
        for (const each of senders) each.send(payload)
      },
    )
    if (skipped > 0) log.warn({ skipped }, 'too slow: moments passed without a datagram')
  }

  return {
    finished: finished.promise,
    async start() {
      for (const group of groups.filter(sharesHardwareAddress))
        log.warn({ group }, 'has the hardware address of a group in 224.0.0.0/24: goes everywhere')
      for (const each of senders) await each.start()
      report.start(startData(options, { sender, engine, senders }))
      running = run().catch(context.fail)
    },
    async stop(drained) {
      stopping.abort()
      await running
      await Promise.all(senders.map((each) => each.stop(drained)))
      report.end(failure)
    },
  }
}

/** No more at once than what is due in a millisecond, also when some are late. */
function pacing(options: SendOptions) {
  const millis = intervalMillis(options)
  return {
    intervalMillis: millis,
    count: options.count,
    maximumBurst: Math.max(1, Math.floor(1 / millis)),
    maximumLateMillis: MAXIMUM_LATE_MILLIS,
  }
}

interface OneGroup {
  group: string
  sender: number
  engine: DatagramEngine
  report: SendReport
  drop: (group: string, count: number, error?: Error) => void
}

function createOne(context: ServiceContext<SendOptions>, one: OneGroup): GroupSender {
  const { options, log, metrics, now } = context
  const { group, sender, engine, report, drop } = one
  const { port, ttl, loopback, plain, interface: wanted } = options
  const outgoing = wanted === undefined ? undefined : outgoingInterface(wanted, group, log)
  const groupOptions = {
    group,
    port,
    sender,
    ttl,
    loopback,
    plain,
    outgoing,
    log,
    metrics,
    now,
    onSent: report.sent,
    onDropped: (count: number, error?: Error) => drop(group, count, error),
  }
  if (engine === 'dgram') return createDgramGroupSender(groupOptions)
  return new BatchGroupSender(groupOptions, sizeBytes(options))
}

function sendInput(
  { stdin, log }: ServiceContext<SendOptions>,
  senders: readonly GroupSender[],
  signal: AbortSignal,
): Promise<void> {
  const limited = limitLog(log)
  const maximumBytes = MAXIMUM_DATAGRAM_BYTES - MULTICAST_HEADER_BYTES
  return sendLines({
    stdin,
    maximumBytes,
    signal,
    send: (payload) => {
      for (const each of senders) each.send(payload)
    },
    isWaiting: () => senders.some(isWaiting),
    onCut: () => limited.warn({ maximumBytes }, 'a line was too long for a datagram: cut'),
  })
}

function isWaiting(sender: GroupSender): boolean {
  return sender.waiting() > 0
}

function queueFull(host: string, port: number): NetworkError {
  return new NetworkError(`${host}: too many datagrams waited to be sent`, {
    errorClass: 'OTHER',
    host,
    port,
  })
}

interface Started {
  sender: number
  engine: DatagramEngine
  senders: readonly GroupSender[]
}

function startData(options: SendOptions, { sender, engine, senders }: Started) {
  const { port, ttl, loopback, count, stdin } = options
  return {
    sender,
    engine,
    groups: senders.map(({ group, target }) => ({
      group,
      port,
      options: multicastOptions(target, group),
    })),
    interface: options.interface ?? null,
    ttl,
    loopback,
    count: count ?? null,
    intervalMillis: stdin ? null : intervalMillis(options),
    sizeBytes: stdin ? null : sizeBytes(options),
  }
}
