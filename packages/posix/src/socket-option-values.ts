import type { TcpInfo } from './tcp-info.ts'

/** What the value of an option is in JavaScript, by the option's type. */
export interface SocketOptionValues {
  flag: boolean
  /** 32 bits, signed. */
  int: number
  /** struct linger: how long close(2) waits for unsent data. */
  linger: Linger
  /** struct timeval as milliseconds; 0 is without end. */
  timeval: number
  /** The name of an interface or of an algorithm; '' is none. */
  name: string
  ipv4Address: string
  /** struct ip_mreqn. */
  ipv4Membership: Ipv4Membership
  /** struct ip_mreq_source. */
  ipv4SourceMembership: Ipv4SourceMembership
  /** struct ipv6_mreq, and struct group_req, which takes both families. */
  ipv6Membership: GroupMembership
  groupMembership: GroupMembership
  /** struct group_source_req. */
  groupSourceMembership: GroupSourceMembership
  tcpInfo: TcpInfo
  /** struct ucred. */
  credentials: Credentials
}

interface Linger {
  on: boolean
  seconds: number
}

export interface Ipv4Membership {
  group: string
  /** An address of the interface; without one the routes choose. */
  localAddress?: string
  /** It wins over the address; 0, the default, is none. */
  interfaceIndex?: number
}

export interface Ipv4SourceMembership {
  group: string
  source: string
  localAddress?: string
}

export interface GroupMembership {
  group: string
  /** 0: the routes choose. */
  interfaceIndex: number
}

export interface GroupSourceMembership extends GroupMembership {
  source: string
}

interface Credentials {
  processId: number
  userId: number
  groupId: number
}

export type SocketOptionType = keyof SocketOptionValues
export type SocketOptionValue = SocketOptionValues[SocketOptionType]
