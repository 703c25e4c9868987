import { generalSocketOptions } from './general-socket-options.ts'
import { ipv4SocketOptions } from './ipv4-socket-options.ts'
import { ipv6SocketOptions } from './ipv6-socket-options.ts'
import type { SocketOptionRow } from './socket-option-row.ts'
import type { SocketOptionType, SocketOptionValues } from './socket-option-values.ts'
import { tcpSocketOptions } from './tcp-socket-options.ts'
import { udpSocketOptions } from './udp-socket-options.ts'

/** The levels of getsockopt(2): who an option belongs to. */
export const SOCKET_OPTION_LEVELS = {
  SOL_SOCKET: 1,
  IPPROTO_IP: 0,
  IPPROTO_IPV6: 41,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
} as const

type Row =
  | (typeof generalSocketOptions)[number]
  | (typeof ipv4SocketOptions)[number]
  | (typeof ipv6SocketOptions)[number]
  | (typeof tcpSocketOptions)[number]
  | (typeof udpSocketOptions)[number]

export type SocketOptionName = Row[0]
/** What the value of the option `Name` is. */
export type SocketOptionValueOf<Name extends SocketOptionName> = SocketOptionValues[Extract<
  Row,
  readonly [Name, ...unknown[]]
>[2]]

export interface SocketOption {
  readonly name: SocketOptionName
  readonly level: keyof typeof SOCKET_OPTION_LEVELS
  readonly number: number
  readonly type: SocketOptionType
  readonly readable: boolean
  readonly settable: boolean
  readonly meaning: string
}

/**
 * Every option there is here, in the order of the levels. The MCAST_ options are IPPROTO_IP's; on an IPv6 socket
 * they are IPPROTO_IPV6's by the same numbers.
 */
export const socketOptions: readonly SocketOption[] = [
  ...rows('SOL_SOCKET', generalSocketOptions),
  ...rows('IPPROTO_IP', ipv4SocketOptions),
  ...rows('IPPROTO_IPV6', ipv6SocketOptions),
  ...rows('IPPROTO_TCP', tcpSocketOptions),
  ...rows('IPPROTO_UDP', udpSocketOptions),
]

function rows(
  level: SocketOption['level'],
  table: readonly (SocketOptionRow & { 0: SocketOptionName })[],
): SocketOption[] {
  return table.map(([name, number, type, access, meaning]) => {
    const readable = access.includes('r')
    return { name, level, number, type, readable, settable: access.includes('w'), meaning }
  })
}
