import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import { chooseEngine, type Engine } from '@sockyard/net/engine'
import { NetworkError, networkError } from '@sockyard/net/errors'
import { limitLog } from '@sockyard/net/log'
import { type Clock, openPreciseClock, pace } from '@sockyard/probe/pacing'
import { MULTICAST_HEADER_BYTES } from '@sockyard/protocol/multicast'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'

import { intervalMillis, MAXIMUM_DATAGRAM_BYTES, type SendOptions, sizeBytes } from '../config.ts'
import { type GroupSender, multicastOptions } from './group-sender.ts'
import { sendLines } from './line-sender.ts'
import { NativeGroupSender } from './native-group-sender.ts'
import { NodeGroupSender } from './node-group-sender.ts'
import { outgoingInterface } from './outgoing-interface.ts'
import { createSendReport, type SendReport } from './report.ts'

const POLL_MILLIS = 5
/** Several datagrams that are due within this go out together. */
const SHORTEST_SLEEP_MILLIS = 0.5
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
  const { engine, why } = chooseEngine(options.stdin ? 'node' : options.engine)
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

  /** A host may lack a whole family (EAFNOSUPPORT): the groups of the other one get theirs. */
  const unstarted = new Map<GroupSender, NetworkError>()
  const startSender = async (each: GroupSender): Promise<void> => {
    try {
      await each.start()
    } catch (error) {
      const failed = networkError(error, each.group, options.port)
      unstarted.set(each, failed)
      log.warn({ group: each.group, port: options.port, error: failed }, 'cannot send')
    }
  }
  const sendToAll = (payload: Uint8Array): void => {
    for (const each of senders) {
      const failed = unstarted.get(each)
      if (failed === undefined) each.send(payload)
      else drop(each.group, 1, failed)
    }
  }

  const run = async (): Promise<void> => {
    await (options.stdin ? sendInput(context, senders, sendToAll, stopping.signal) : sendPaced())
    while (senders.some(isWaiting) && !stopping.signal.aborted) await delay(POLL_MILLIS)
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
        sendToAll(payload)
      },
    )
    if (skipped > 0) log.warn({ skipped }, 'too slow: scheduled datagrams skipped')
  }

  return {
    finished: finished.promise,
    async start() {
      for (const group of groups.filter(sharesHardwareAddress))
        log.warn(
          { group },
          'maps to the hardware address of a group in 224.0.0.0/24: switches flood it',
        )
      for (const each of senders) await startSender(each)
      const [first] = unstarted.values()
      if (unstarted.size === senders.length && first !== undefined) throw first
      report.start(startData(options, { sender, engine, senders }), why)
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

/** A clock that wakes at most every 0.5 ms: at high rates each wake-up is good for some datagrams. */
function paceClock(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    sleep: (millis, signal) =>
      clock.sleep(millis > 0 ? Math.max(millis, SHORTEST_SLEEP_MILLIS) : 0, signal),
  }
}

/**
 * Whether frames to this IPv4 group have the hardware address of one of 224.0.0.0/24: only the lower 23 bits of a
 * group are in it (RFC 1112, section 6.4), and switches send those everywhere.
 */
export function sharesHardwareAddress(group: string): boolean {
  return /^\d+\.(?:0|128)\.0\.\d+$/.test(group) && !group.startsWith('224.0.0.')
}

interface OneGroup {
  group: string
  sender: number
  engine: Engine
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
  if (engine === 'node') return new NodeGroupSender(groupOptions)
  return new NativeGroupSender(groupOptions, sizeBytes(options))
}

function sendInput(
  { stdin, log }: ServiceContext<SendOptions>,
  senders: readonly GroupSender[],
  send: (payload: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  const limited = limitLog(log)
  const maximumBytes = MAXIMUM_DATAGRAM_BYTES - MULTICAST_HEADER_BYTES
  return sendLines({
    stdin,
    maximumBytes,
    signal,
    send,
    isWaiting: () => senders.some(isWaiting),
    onCut: () => limited.warn({ maximumBytes }, 'line truncated: too long for a datagram'),
  })
}

function isWaiting(sender: GroupSender): boolean {
  return sender.waiting() > 0
}

function queueFull(host: string, port: number): NetworkError {
  return new NetworkError(`${host}: send queue full`, {
    errorClass: 'OTHER',
    host,
    port,
  })
}

interface Started {
  sender: number
  engine: Engine
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
