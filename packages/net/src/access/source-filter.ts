import { AddressRecord, addressWords, type DatagramAddresses } from '../address/address-words.ts'
import { currentBroadcastAddresses } from '../address/interfaces.ts'

/** Why a datagram is not answered, by where it says it comes from: the first that fits, in this order. */
export const SOURCE_REJECTIONS = [
  'port-zero',
  'low-port',
  'own-port',
  'unspecified-source',
  'multicast-source',
  'broadcast-source',
] as const

/** Why a source is not answered, by its address and port alone. */
export type SourceRejection = (typeof SOURCE_REJECTIONS)[number]

/** Or, where the destination is known, by the packet it came in and by where it was sent to. */
export const DESTINATION_REJECTIONS = [
  'mapped-source',
  'multicast-destination',
  'broadcast-destination',
] as const

type Rejection = SourceRejection | (typeof DESTINATION_REJECTIONS)[number]

/** Which sources may ask. */
export interface SourceFilterOptions {
  /** UDP ports at which services of ours listen: two that answer each other never stop (CERT CA-1996-01). */
  ownPorts?: Iterable<number>
  /** Any port but 0 may ask. For NTP, whose clients use 123, and which answers mode 3 only. */
  anyPort?: boolean
  /** The subnet-directed broadcast addresses of this host's interfaces, looked for again every 10 s. */
  broadcasts?: (before: ReadonlySet<string>) => ReadonlySet<string>
  /** A clock that never goes back, in milliseconds. */
  nowMillis?: () => number
}

const REFRESH_MILLIS = 10_000
/** Below are the ports of services, not of clients (RFC 6335, section 6). */
const FIRST_USER_PORT = 1_024
/** 255.255.255.255, as a signed word. */
const LIMITED_BROADCAST = -1

/**
 * Whether a datagram may be answered, by where it says it comes from and where it was sent to (CERT CA-1996-01, RFC
 * 1122 section 4.1.3.6), so that nothing loops and no victim of a forger is flooded by us. Without allocation.
 */
export class SourceFilter {
  /** How many services have each port. */
  readonly #ownPorts = new Uint8Array(65_536)
  readonly #anyPort: boolean
  readonly #readBroadcasts: (before: ReadonlySet<string>) => ReadonlySet<string>
  readonly #nowMillis: () => number
  readonly #record = new AddressRecord()
  #broadcasts: ReadonlySet<string> = new Set()
  #broadcastWords = new Int32Array(0)
  #readAt = Number.NEGATIVE_INFINITY

  constructor(options: SourceFilterOptions = {}) {
    const { ownPorts = [], anyPort = false, nowMillis = () => performance.now() } = options
    this.#anyPort = anyPort
    this.#readBroadcasts = options.broadcasts ?? currentBroadcastAddresses
    this.#nowMillis = nowMillis
    for (const port of new Set(ownPorts)) this.addOwnPort(port)
  }

  /** One more service listens at this port. */
  addOwnPort(port: number): void {
    this.#ownPorts[port] = (this.#ownPorts[port] ?? 0) + 1
  }

  /** It does so no more. */
  removeOwnPort(port: number): void {
    this.#ownPorts[port] = (this.#ownPorts[port] ?? 0) - 1
  }

  /**
   * Of a source alone.
   *
   * @param source numeric; an IPv4-mapped address is taken for the IPv4 address
   * @returns undefined when it may be answered, else the first reason why not
   */
  rejectReason(source: { address: string; port: number }): SourceRejection | undefined {
    this.#record.setSource(source.address, source.port)
    return this.rejectDatagram(this.#record, 0) as SourceRejection | undefined
  }

  /**
   * Of a datagram.
   *
   * @param nowMillis that of the whole batch
   * @returns undefined when it may be answered, else the first reason why not
   */
  rejectDatagram(
    datagrams: DatagramAddresses,
    index: number,
    nowMillis = this.#nowMillis(),
  ): Rejection | undefined {
    const port = datagrams.sourcePort(index)
    if (port === 0) return 'port-zero'
    if (!this.#anyPort && port < FIRST_USER_PORT) return 'low-port'
    if (!this.#anyPort && this.#ownPorts[port] !== 0) return 'own-port'
    if (datagrams.sourceFamily(index) === 6) return rejectIPv6(datagrams, index)
    // An IPv4-mapped source in an IPv6 packet: it would pass for an IPv4 address that it does not have.
    if (datagrams.destinationFamily(index) === 6) return 'mapped-source'
    this.#refresh(nowMillis)
    return this.#rejectIPv4(datagrams, index)
  }

  #refresh(nowMillis: number): void {
    if (nowMillis - this.#readAt <= REFRESH_MILLIS) return
    this.#broadcasts = this.#readBroadcasts(this.#broadcasts)
    this.#broadcastWords = Int32Array.from(this.#broadcasts, (each) => addressWords(each)[3] ?? 0)
    this.#readAt = nowMillis
  }

  #rejectIPv4(datagrams: DatagramAddresses, index: number): Rejection | undefined {
    const source = datagrams.sourceWord(index)
    if (source >>> 24 === 0) return 'unspecified-source'
    if (isMulticast(source)) return 'multicast-source'
    if (this.#isBroadcast(source)) return 'broadcast-source'
    if (datagrams.destinationFamily(index) === 0) return undefined
    const destination = datagrams.destinationWord(index)
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

function rejectIPv6(datagrams: DatagramAddresses, index: number): Rejection | undefined {
  const first = datagrams.sourceWord(index, 0)
  if (first === 0 && isUnspecified(datagrams, index)) return 'unspecified-source'
  if (first >>> 24 === 0xff) return 'multicast-source'
  if (datagrams.destinationFamily(index) !== 6) return undefined
  return datagrams.destinationWord(index, 0) >>> 24 === 0xff ? 'multicast-destination' : undefined
}

function isUnspecified(datagrams: DatagramAddresses, index: number): boolean {
  for (let word = 1; word < 4; word += 1) if (datagrams.sourceWord(index, word) !== 0) return false
  return true
}
