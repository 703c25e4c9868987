import { isIP } from 'node:net'

import { setSocketOption } from '@sockyard/posix/options'
import type { SocketTarget } from '@sockyard/posix/socket'

import { findInterface } from '../address/interfaces.ts'

/** ECN codepoints (RFC 3168 section 5): the two lowest bits of the traffic class. */
export const ECN_CODEPOINTS = ['not-ect', 'ect1', 'ect0', 'ce'] as const

/** How the packets of a client leave; what is absent is the kernel's choice. */
export interface PathOptions {
  /** An address of this host, or the name of the interface that packets leave by (SO_BINDTODEVICE). */
  source?: string | undefined
  /** The local port; absent or 0: any free one. */
  localPort?: number | undefined
  /** TTL or hop limit of what is sent, 1 to 255. */
  ttl?: number | undefined
  /** Differentiated services codepoint (RFC 2474), 0 to 63. */
  dscp?: number | undefined
  /** Of datagrams only: TCP decides about ECN itself, and the kernel ignores it there. */
  ecn?: (typeof ECN_CODEPOINTS)[number] | undefined
  /** Whether fragmentation is forbidden: what does not fit the path fails with EMSGSIZE. Datagrams only. */
  df?: boolean | undefined
}

/** Whether anything is set, so that a socket has to be bound before it connects. */
export function isPathChosen(path: PathOptions): boolean {
  const { source, localPort = 0, ttl, dscp, ecn, df = false } = path
  return localPort !== 0 || df || [source, ttl, dscp, ecn].some((each) => each !== undefined)
}

/** Where to bind a socket that will connect to an address of this family. */
export function localEndpoint(
  { source, localPort: port = 0 }: PathOptions,
  family: 4 | 6,
): { address: string; port: number } {
  const address = source !== undefined && isIP(source) !== 0 ? source : undefined
  return { address: address ?? (family === 6 ? '::' : '0.0.0.0'), port }
}

/**
 * The interface that packets shall leave by; undefined where `source` is an address, or absent.
 *
 * @throws {ConfigurationError} when there is no such interface, naming those that exist
 */
export function sourceInterface({ source }: PathOptions) {
  if (source === undefined || isIP(source) !== 0) return undefined
  return findInterface(source, undefined, '--source')
}

/** ip(7): IP_PMTUDISC_DO. The kernel learns the path MTU, and refuses what is longer. */
const DO_NOT_FRAGMENT = 2

/**
 * Sets what is given of a socket that is bound and not connected yet, so that its first packet has it too.
 *
 * @throws {ConfigurationError} when there is no such interface
 * @throws {SystemCallError} when the kernel refuses a value
 * @throws {NativeCallsMissingError} where koffi is absent
 */
export function setPathOptions(socket: SocketTarget, family: 4 | 6, path: PathOptions): void {
  const { ttl, dscp, ecn, df } = path
  const ipv4 = family === 4
  const by = sourceInterface(path)
  if (by !== undefined) setSocketOption(socket, 'SO_BINDTODEVICE', by.name)
  if (ttl !== undefined) setSocketOption(socket, ipv4 ? 'IP_TTL' : 'IPV6_UNICAST_HOPS', ttl)
  if (dscp !== undefined || ecn !== undefined)
    setSocketOption(socket, ipv4 ? 'IP_TOS' : 'IPV6_TCLASS', trafficClass(path))
  if (df === true)
    setSocketOption(socket, ipv4 ? 'IP_MTU_DISCOVER' : 'IPV6_MTU_DISCOVER', DO_NOT_FRAGMENT)
}

function trafficClass({ dscp = 0, ecn = 'not-ect' }: PathOptions): number {
  return dscp * 4 + ECN_CODEPOINTS.indexOf(ecn)
}
