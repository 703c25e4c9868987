import type { Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'

import type { Registry } from '@prometheus-io/client'
import type { Logger } from 'pino'

import { broadcastAddresses } from './broadcast-addresses.ts'
import { networkError } from './errors.ts'
import {
  chooseInterfaces,
  type GroupInterface,
  type InterfaceChoice,
  presentInterfaces,
} from './group-interfaces.ts'
import { openInterfaceSocket } from './group-socket.ts'
import { findInterface } from './interfaces.ts'
import type { GroupDatagramSource, GroupMembership } from './membership.ts'
import { enlargeReceiveBuffer } from './receive-buffer.ts'
import { createReceiverTally } from './receiver-tally.ts'
import { exportUdpMetrics } from './udp-metrics.ts'

export interface BroadcastReceiverOptions {
  /** 1 to 65,535. */
  port: number
  /** Names or addresses of interfaces, or `any` (that of the default route), or `all`. */
  interfaces: InterfaceChoice
  /** How often the addresses of the interfaces are looked at; 2,000 by default. */
  watchMillis?: number
  /** For each socket; 4 MiB by default. */
  receiveBufferBytes?: number
  log: Logger
  metrics: Registry
  /** `source.group` is the broadcast address the datagram was sent to. */
  onDatagram(bytes: Buffer, source: GroupDatagramSource): void
}

export interface BroadcastReceiver {
  /**
   * @throws {UsageError} when an interface does not exist, naming those that do
   * @throws {NetworkError} AddressInUseError when another program has the port for itself, or EACCES
   */
  start(): Promise<void>
  stop(): Promise<void>
  /** What is listened to now. */
  readonly open: readonly GroupMembership[]
}

/** A broadcast address on one interface. */
interface Place {
  readonly address: string
  readonly on: GroupInterface
}

/** To every host of the link (RFC 919). */
const LIMITED_BROADCAST = '255.255.255.255'
/** A port that is not ours to have; any other error may pass with the network. */
const FORBIDDING: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES'])

/**
 * Receives IPv4 broadcasts, the limited one and those of the interfaces' subnets, and nothing else: a socket
 * bound to a broadcast address gets no unicast, which could come from anywhere. Addresses that come and go are
 * followed.
 */
export function createBroadcastReceiver(options: BroadcastReceiverOptions): BroadcastReceiver {
  const { port, log, watchMillis = 2_000, receiveBufferBytes = 4 * 1024 * 1024 } = options
  const open = new Map<string, Place & { socket: Socket }>()
  const failed = new Set<string>()
  const tally = createReceiverTally(
    () => [...new Set([...open.values()].map(({ address }) => address))],
    port,
  )
  let choice = options.interfaces
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let stopped = false
  exportUdpMetrics(options.metrics, tally)

  const openAt = async ({ address, on }: Place): Promise<void> => {
    const socket = await openInterfaceSocket(address, port, on, log)
    const where = { group: address, interface: on.name }
    socket.on('error', (error) => log.warn({ ...where, error: error.message }, 'broadcast failed'))
    socket.on('message', (bytes, from) => {
      tally.received += 1
      tally.receivedBytes += bytes.length
      options.onDatagram(bytes, { address: from.address, port: from.port, ...where })
    })
    enlargeReceiveBuffer(socket, receiveBufferBytes, log)
    open.set(keyOf({ address, on }), { address, on, socket })
    log.info({ transport: 'udp', address, port, interface: on.name }, 'listening')
  }

  /** What cannot be opened now is tried again at the next look; each is logged once. */
  const tryOpen = async (place: Place, isFirstLook: boolean): Promise<void> => {
    try {
      await openAt(place)
      failed.delete(keyOf(place))
    } catch (error) {
      const failure = networkError(error, place.address, port)
      if (isFirstLook && FORBIDDING.has(failure.code ?? '')) throw failure
      if (!failed.has(keyOf(place)))
        log.warn({ interface: place.on.name, error: failure.message }, 'cannot listen')
      failed.add(keyOf(place))
    }
  }

  const look = async (isFirstLook: boolean): Promise<void> => {
    const wanted = await wantedPlaces(choice)
    for (const [key, { socket }] of open) {
      if (wanted.has(key)) continue
      open.delete(key)
      socket.close()
    }
    for (const [key, place] of wanted)
      if (!stopped && !open.has(key)) await tryOpen(place, isFirstLook)
  }

  const watch = (): void => {
    if (stopped) return
    timer = setTimeout(() => {
      running = look(false).then(watch)
    }, watchMillis)
  }

  const stop = async (): Promise<void> => {
    stopped = true
    await running
    clearTimeout(timer)
    await tally.kernelDrops()
    for (const { socket } of open.values()) socket.close()
    open.clear()
  }

  const start = async (): Promise<void> => {
    if (typeof choice !== 'string') choice = choice.map((wanted) => findInterface(wanted).name)
    try {
      await look(true)
    } catch (error) {
      await stop()
      throw error
    }
    watch()
  }

  return {
    start,
    stop,
    get open() {
      return [...open.values()].map(({ address, on }) => ({ group: address, interface: on.name }))
    },
  }
}

/** An interface that was replaced by one of the same name has another index. */
function keyOf({ address, on }: Place): string {
  return `${address}%${on.name}#${on.index}`
}

async function wantedPlaces(choice: InterfaceChoice): Promise<Map<string, Place>> {
  const present = await presentInterfaces(LIMITED_BROADCAST)
  const chosen = await chooseInterfaces(LIMITED_BROADCAST, choice, present)
  const places = chosen.flatMap((on) => {
    const directed = broadcastAddresses({ [on.name]: networkInterfaces()[on.name] ?? [] })
    return [LIMITED_BROADCAST, ...directed].map((address) => ({ address, on }))
  })
  return new Map(places.map((place) => [keyOf(place), place]))
}
