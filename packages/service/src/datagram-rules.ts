import type { ReceivedDatagrams } from '@sockyard/posix/received-datagrams'

import { addressBytes } from './address-bytes.ts'
import { currentBroadcastAddresses } from './broadcast-addresses.ts'
import { SERVICE_PORTS, type SourceRefusal } from './source-rules.ts'

/** Why a datagram is not answered: as by its source, or because it was sent to many at once. */
export type DatagramRefusal = SourceRefusal | 'multicast-destination' | 'broadcast-destination'

const REFRESH_MILLIS = 10_000
/** 255.255.255.255, as a signed word. */
const LIMITED_BROADCAST = -1

/**
 * The rules of `createSourceRules` for datagrams in batches, in numbers and without allocation; beside the source
 * they see the destination, when the socket tells it.
 */
export class DatagramRules {
  readonly #ownPorts: Uint8Array
  #broadcasts: ReadonlySet<string> = new Set()
  #broadcastWords = new Int32Array(0)
  #readAt = Number.NEGATIVE_INFINITY

  /** @param port the port this service is bound to */
  constructor(port: number, nowMillis: number) {
    this.refresh(nowMillis)
    this.#ownPorts = new Uint8Array(65_536)
    for (const own of [...SERVICE_PORTS, port]) this.#ownPorts[own] = 1
  }

  /** To be called for each batch: looks for the interfaces' broadcast addresses again every 10 s. */
  refresh(nowMillis: number): void {
    if (nowMillis - this.#readAt <= REFRESH_MILLIS) return
    this.#broadcasts = currentBroadcastAddresses(this.#broadcasts)
    this.#broadcastWords = Int32Array.from(this.#broadcasts, word)
    this.#readAt = nowMillis
  }

  /** @returns undefined when it may be answered, else the first reason why not */
  refusal(received: ReceivedDatagrams, index: number): DatagramRefusal | undefined {
    const port = received.sourcePort(index)
    if (port === 0) return 'port-zero'
    if (port < 1024) return 'low-port'
    if (this.#ownPorts[port] === 1) return 'own-port'
    return received.sourceFamily(index) === 4
      ? this.#refusedIPv4(received.sourceWord(index), received, index)
      : refusedIPv6(received, index)
  }

  #refusedIPv4(
    source: number,
    received: ReceivedDatagrams,
    index: number,
  ): DatagramRefusal | undefined {
    if (source >>> 24 === 0) return 'unspecified-source'
    if (isMulticast(source)) return 'multicast-source'
    if (this.#isBroadcast(source)) return 'broadcast-source'
    if (received.destinationFamily(index) === 0) return undefined
    const destination = received.destinationWord(index)
    if (isMulticast(destination)) return 'multicast-destination'
    return this.#isBroadcast(destination) ? 'broadcast-destination' : undefined
  }

  #isBroadcast(address: number): boolean {
    return address === LIMITED_BROADCAST || this.#broadcastWords.includes(address)
  }
}

/** 224.0.0.0/4. */
function isMulticast(address: number): boolean {
  return address >>> 28 === 14
}

function refusedIPv6(received: ReceivedDatagrams, index: number): DatagramRefusal | undefined {
  const first = received.sourceWord(index, 0)
  if (first === 0 && isUnspecified(received, index)) return 'unspecified-source'
  if (first >>> 24 === 0xff) return 'multicast-source'
  return received.destinationWord(index, 0) >>> 24 === 0xff ? 'multicast-destination' : undefined
}

function isUnspecified(received: ReceivedDatagrams, index: number): boolean {
  for (let at = 1; at < 4; at += 1) if (received.sourceWord(index, at) !== 0) return false
  return true
}

function word(address: string): number {
  return new DataView(Uint8Array.from(addressBytes(address)).buffer).getInt32(0)
}
