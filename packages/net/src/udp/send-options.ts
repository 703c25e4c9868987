import { setSocketOption } from '@sockyard/posix/options'

import type { UdpSocket } from './udp-socket.ts'

/** How a socket sends to groups and broadcast addresses from now on. */
export interface SendOptions {
  /** How many routers a multicast may pass, and one: TTL or hop limit. */
  ttl?: number
  /** Whether it may send to broadcast addresses, SO_BROADCAST. */
  broadcast?: boolean
  /** Whether what is sent to a group comes to this host as well. */
  loopback?: boolean
  /** By which interface multicasts leave: its index, and its IPv4 address or `::%eth0`. */
  interface?: { readonly index: number; readonly joinAddress: string }
}

/**
 * Sets what is given, of a socket of either engine.
 *
 * @throws {Error} Node's own, or SystemCallError: EADDRNOTAVAIL or ENODEV when there is no such interface (any more)
 */
export function setSendOptions({ target, local }: UdpSocket, options: SendOptions): void {
  const { ttl, broadcast, loopback, interface: by } = options
  const ipv4 = !local.address.includes(':')
  if ('setMulticastTTL' in target) {
    if (ttl !== undefined) target.setMulticastTTL(ttl)
    if (broadcast !== undefined) target.setBroadcast(broadcast)
    if (loopback !== undefined) target.setMulticastLoopback(loopback)
    if (by !== undefined) target.setMulticastInterface(by.joinAddress)
    return
  }
  if (ttl !== undefined)
    setSocketOption(target, ipv4 ? 'IP_MULTICAST_TTL' : 'IPV6_MULTICAST_HOPS', ttl)
  if (broadcast !== undefined) setSocketOption(target, 'SO_BROADCAST', broadcast)
  if (loopback !== undefined)
    setSocketOption(target, ipv4 ? 'IP_MULTICAST_LOOP' : 'IPV6_MULTICAST_LOOP', loopback)
  if (by === undefined) return
  if (ipv4) setSocketOption(target, 'IP_MULTICAST_IF', by.joinAddress)
  else setSocketOption(target, 'IPV6_MULTICAST_IF', by.index)
}
