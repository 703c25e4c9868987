import { isMulticast } from '../multicast/index.ts'
import { decodeMulticastPing, echoReply, encodeMulticastPing } from './message.ts'

/** The groups of source-specific replies where a request names none: of ssmpingd, and what a server assigns. */
export const MULTICAST_PING_GROUPS = { 4: '232.43.211.234', 6: 'ff3e::4321:1234' } as const

/** What a server makes of a datagram: one verdict, and what it sends. */
export type MulticastPingAnswer =
  | { verdict: 'echo'; reply: Uint8Array; group: string }
  | { verdict: 'assigned' | 'wrong-version' | 'group-refused'; reply: Uint8Array }
  | { verdict: 'malformed' | 'no-request' }

/**
 * What a Multicast Ping server does with a datagram (RFC 6450, section 4.2; version 1 as ssmpingd). An echo request is
 * answered twice with the same bytes: to where it came from, and to the group.
 *
 * @param family of the client's address
 * @param ttl with which both replies are sent
 */
export function answerMulticastPing(
  bytes: Uint8Array,
  family: 4 | 6,
  ttl: number,
): MulticastPingAnswer {
  const result = decodeMulticastPing(bytes)
  if (!result.ok) return { verdict: 'malformed' }
  const { type, version, clientId, sequence, group, wantedGroup } = result.value
  if (type !== 'init' && type !== 'echo-request') return { verdict: 'no-request' }
  const respond = (assigned?: string): Uint8Array =>
    encodeMulticastPing({
      type: 'server-response',
      version: 2,
      clientId,
      sequence,
      group: assigned,
    })
  if (version !== 2 && (version !== 1 || type === 'init'))
    return { verdict: 'wrong-version', reply: respond() }
  const wanted = group ?? wantedGroup ?? MULTICAST_PING_GROUPS[family]
  if (!isPingGroup(wanted) || wanted.includes(':') !== (family === 6))
    return { verdict: 'group-refused', reply: respond() }
  if (type === 'init') return { verdict: 'assigned', reply: respond(wanted) }
  return { verdict: 'echo', reply: echoReply(bytes, version, ttl), group: wanted }
}

/**
 * Whether a server sends to a group at all: a multicast address that ends in .234 or :4321:1234, as ssmpingd has it, so
 * that a request with a forged source reaches no group that is used for anything else.
 */
export function isPingGroup(group: string): boolean {
  return isMulticast(group) && (group.endsWith('.234') || group.endsWith(':4321:1234'))
}
