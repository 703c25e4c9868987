import { formatAddress } from '@sockyard/net/address'
import { describeCauses, type Notification } from '@sockyard/sctp'

/**
 * What can be subscribed to, as the fields of `struct sctp_event_subscribe` (RFC 6458 section 6.2.1):
 * the classic program subscribed to `data-io`, the stream and number of each message.
 */
export const EVENT_KINDS = [
  'association',
  'address',
  'send-failure',
  'peer-error',
  'shutdown',
  'data-io',
] as const

/** What a notification can be about; `data-io` is about messages. */
type EventKind = Exclude<(typeof EVENT_KINDS)[number], 'data-io'>

/** One notification in words, the same words for a server's log and for a client's output. */
export interface AssociationEvent {
  kind: EventKind
  /** Constant for each thing that can happen: what varies is in `facts`. */
  message: string
  facts: Record<string, string | number>
}

/** The log line of a notification; undefined for the one about the local send buffer. */
export function toEvent(notification: Notification): AssociationEvent | undefined {
  switch (notification.type) {
    case 'association-up':
      return up(notification)
    case 'association-lost':
      return event('association', 'association lost', { reason: notification.error.message })
    case 'shutdown':
      return event('shutdown', 'the peer shuts down')
    case 'shutdown-complete':
      return event('association', 'association ended')
    case 'peer-address':
      return event('address', `peer address ${notification.state}`, {
        address: formatAddress(notification.peer.address, notification.peer.port),
      })
    case 'path-mtu':
      return event('address', 'path MTU', {
        address: formatAddress(notification.peer.address, notification.peer.port),
        bytes: notification.mtu,
      })
    case 'remote-error':
      return event('peer-error', 'the peer reports errors', {
        causes: describeCauses(notification.causes),
      })
    case 'send-failed':
      return event('send-failure', 'send failed', {
        stream: notification.stream,
        bytes: notification.data.length,
        sent: notification.sent ? 'yes' : 'no',
      })
    case 'drain':
      break
  }
  return undefined
}

function up(notification: Extract<Notification, { type: 'association-up' }>): AssociationEvent {
  const { peer, peerPort, outboundStreams, inboundStreams, restarted } = notification
  return event('association', restarted ? 'association restarted' : 'association up', {
    address: formatAddress(peer.address, peer.port),
    port: peerPort,
    outboundStreams,
    inboundStreams,
  })
}

function event(
  kind: EventKind,
  message: string,
  facts: AssociationEvent['facts'] = {},
): AssociationEvent {
  return { kind, message, facts }
}

/** The event in one line for a person: `association up address=127.0.0.1:9899 port=9877 …`. */
export function eventText({ message, facts }: AssociationEvent): string {
  return [message, ...Object.entries(facts).map(([name, value]) => `${name}=${value}`)].join(' ')
}
