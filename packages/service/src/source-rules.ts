import { currentBroadcastAddresses } from './broadcast-addresses.ts'
import { unmapped } from './source-address.ts'

/** Why a datagram is not answered, the first that fits, in this order. */
export type SourceRefusal =
  | 'port-zero'
  | 'low-port'
  | 'own-port'
  | 'unspecified-source'
  | 'multicast-source'
  | 'broadcast-source'

export interface SourceRules {
  /** Ports at which services of ours listen: two that answer each other never stop (CERT CA-1996-01). */
  ownPorts: ReadonlySet<number>
  /** Subnet-directed broadcast addresses of this host's interfaces. */
  broadcasts: ReadonlySet<string>
  /** Any port but 0 may ask. For NTP, whose clients use 123, and which answers mode 3 only. */
  anyPort?: boolean
}

/**
 * Whether a datagram from there may be answered: undefined when it may, else the one reason why not.
 *
 * @param source as dgram gives it; an IPv4-mapped address is understood
 */
export function refusedSource(
  source: { address: string; port: number },
  rules: SourceRules,
): SourceRefusal | undefined {
  if (source.port === 0) return 'port-zero'
  if (rules.anyPort !== true && source.port < 1024) return 'low-port'
  if (rules.anyPort !== true && rules.ownPorts.has(source.port)) return 'own-port'
  return refusedAddress(unmapped(source.address).toLowerCase(), rules.broadcasts)
}

function refusedAddress(
  address: string,
  broadcasts: ReadonlySet<string>,
): SourceRefusal | undefined {
  if (address.includes(':')) return refusedIPv6(address)
  const first = Number.parseInt(address, 10)
  if (first === 0) return 'unspecified-source'
  if (first >= 224 && first <= 239) return 'multicast-source'
  if (address === '255.255.255.255' || broadcasts.has(address)) return 'broadcast-source'
  return undefined
}

function refusedIPv6(address: string): SourceRefusal | undefined {
  if (address === '::') return 'unspecified-source'
  return address.startsWith('ff') ? 'multicast-source' : undefined
}

/** The UDP ports of Sockyard's services (docs/conventions), which never ask one another. */
export const SERVICE_PORTS: readonly number[] = [2020, 3013, 3037, 3111, 3333, 4321, 9877, 9899]
const REFRESH_MILLIS = 10_000

/**
 * The rules as a running service asks them: it knows its own port and the ports of Sockyard's other services,
 * and looks for the broadcast addresses of the interfaces again every 10 s.
 *
 * @param options.port the port this service is bound to
 * @param options.askedFrom ports of ours that peers rightly ask from: SCTP over UDP has one on both sides
 * @example
 * const refused = createSourceRules({ port: endpoint.address().port })
 * onDatagram: (bytes, peer) => { const reason = refused(peer) … }
 */
export function createSourceRules(options: {
  port: number
  anyPort?: boolean
  askedFrom?: readonly number[]
  nowMillis?: () => number
}): (source: { address: string; port: number }) => SourceRefusal | undefined {
  const { port, anyPort = false, askedFrom = [], nowMillis = () => performance.now() } = options
  const ownPorts = new Set([...SERVICE_PORTS, port]).difference(new Set(askedFrom))
  let broadcasts = currentBroadcastAddresses()
  let readAt = nowMillis()
  return (source) => {
    if (nowMillis() - readAt > REFRESH_MILLIS) {
      broadcasts = currentBroadcastAddresses(broadcasts)
      readAt = nowMillis()
    }
    return refusedSource(source, { ownPorts, broadcasts, anyPort })
  }
}
