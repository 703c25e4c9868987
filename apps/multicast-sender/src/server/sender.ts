import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import { chooseEngine, type Engine, type EngineChoice } from '@sockyard/net/engine'
import { NetworkError, networkError } from '@sockyard/net/errors'
import { limitLog } from '@sockyard/net/log'
import { type Clock, openPreciseClock, pace } from '@sockyard/probe/pacing'
import { MULTICAST_HEADER_BYTES } from '@sockyard/protocol/multicast'
import type { Service, ServiceContext } from '@sockyard/service/lifecycle'

import { intervalMillis, MAXIMUM_DATAGRAM_BYTES, type SendOptions, sizeBytes } from '../config.ts'
import { type Datagrams, type GroupSender, multicastOptions } from './group-sender.ts'
import { sendLines } from './line-sender.ts'
import { NativeGroupSender } from './native-group-sender.ts'
import { NodeGroupSender } from './node-group-sender.ts'
import { outgoingInterface } from './outgoing-interface.ts'
import { SendReport } from './report.ts'

const POLL_MILLIS = 5
/** Several datagrams that are due within this go out together. */
const SHORTEST_SLEEP_MILLIS = 0.5
/** What is later than this is not sent any more. */
const MAXIMUM_LATE_MILLIS = 50

/**
 * Sends to every group at once: at a pace, or each line of standard input. What the network refuses is counted
 * and reported, and the next one tried.
 */
export class Sender implements Service {
  readonly #context: ServiceContext<SendOptions>
  readonly #engine: EngineChoice
  readonly #report: SendReport
  readonly #id = randomInt(2 ** 32)
  readonly #senders: GroupSender[]
  /** A host may lack a whole family (EAFNOSUPPORT): the groups of the other one get theirs. */
  readonly #unstarted = new Map<GroupSender, NetworkError>()
  readonly #finished = Promise.withResolvers<void>()
  readonly #stopping = new AbortController()
  #lastRefusal: NetworkError | undefined
  #failure: NetworkError | undefined
  #running = Promise.resolve()

  /** @throws {UsageError} when the outgoing interface does not exist, or does not fit a group */
  constructor(context: ServiceContext<SendOptions>) {
    const { options, log } = context
    this.#context = context
    // Lines are to wait for room, which node:dgram does for them.
    this.#engine = chooseEngine(options.stdin ? 'node' : options.engine)
    this.#report = new SendReport({ port: options.port, quiet: options.quiet, log })
    const common = { sender: this.#id, engine: this.#engine.engine, report: this.#report }
    const drop = this.#drop.bind(this)
    this.#senders = [...new Set(options.group)].map((group) =>
      createOne(context, { ...common, group, drop }),
    )
  }

  /** With `--count`, or at the end of standard input. */
  get finished(): Promise<void> {
    return this.#finished.promise
  }

  /** @throws {NetworkError} when it can send to none of the groups */
  async start(): Promise<void> {
    const { options, log, fail } = this.#context
    const groups = this.#senders.map(({ group }) => group)
    for (const group of groups.filter(sharesHardwareAddress))
      log.warn(
        { group },
        'maps to the hardware address of a group in 224.0.0.0/24: switches flood it',
      )
    for (const each of this.#senders) await this.#startSender(each)
    const [first] = this.#unstarted.values()
    if (this.#unstarted.size === this.#senders.length && first !== undefined) throw first
    const { engine, why } = this.#engine
    const started = { sender: this.#id, engine, senders: this.#senders }
    this.#report.start(startData(options, started), why)
    this.#running = this.#run().catch(fail)
  }

  async stop(drained: AbortSignal): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await Promise.all(this.#senders.map((each) => each.stop(drained)))
    this.#report.end(this.#failure)
  }

  async #startSender(each: GroupSender): Promise<void> {
    const { options, log } = this.#context
    try {
      await each.start()
    } catch (error) {
      const failed = networkError(error, each.group, options.port)
      this.#unstarted.set(each, failed)
      log.warn({ group: each.group, port: options.port, error: failed }, 'cannot send')
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    await (this.#context.options.stdin ? this.#sendInput() : this.#sendPaced())
    while (this.#senders.some(isWaiting) && !signal.aborted) await delay(POLL_MILLIS)
    if (signal.aborted) return
    this.#failure = this.#lastRefusal
    if (this.#failure === undefined) this.#finished.resolve()
    else this.#context.fail(this.#failure)
  }

  async #sendPaced(): Promise<void> {
    const { options, log } = this.#context
    const payload = new Uint8Array(sizeBytes(options) - MULTICAST_HEADER_BYTES)
    using clock = openPreciseClock()
    const limits = { signal: this.#stopping.signal, clock: paceClock(clock) }
    const { skipped } = await pace({ ...pacing(options), ...limits }, () => {
      this.#sendToAll(payload)
    })
    if (skipped > 0) log.warn({ skipped }, 'too slow: scheduled datagrams skipped')
  }

  #sendInput(): Promise<void> {
    const { stdin, log } = this.#context
    const limited = limitLog(log)
    const maximumBytes = MAXIMUM_DATAGRAM_BYTES - MULTICAST_HEADER_BYTES
    return sendLines({
      stdin,
      maximumBytes,
      signal: this.#stopping.signal,
      send: (payload) => this.#sendToAll(payload),
      isWaiting: () => this.#senders.some(isWaiting),
      onCut: () => limited.warn({ maximumBytes }, 'line truncated: too long for a datagram'),
    })
  }

  #sendToAll(payload: Uint8Array): void {
    for (const each of this.#senders) {
      const failed = this.#unstarted.get(each)
      if (failed === undefined) each.send(payload)
      else this.#drop(each.group, 1, failed)
    }
  }

  #drop(group: string, count: number, error?: Error): void {
    const { port } = this.#context.options
    this.#report.dropped(count)
    this.#lastRefusal =
      error === undefined ? queueFull(group, port) : networkError(error, group, port)
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
    onSent: (datagrams: Datagrams) => report.sent(datagrams),
    onDropped: (count: number, error?: Error) => drop(group, count, error),
  }
  if (engine === 'node') return new NodeGroupSender(groupOptions)
  return new NativeGroupSender(groupOptions, sizeBytes(options))
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
